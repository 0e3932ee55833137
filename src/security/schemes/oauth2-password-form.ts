import { checkOptions } from '../../base/check-options.ts';
import { flag } from '../../base/check-values.ts';
import { type Dependency, dependency } from '../../declare/dependency.ts';
import { form } from '../../declare/param.ts';
import { fromJsonSchema } from '../../schema/from-json-schema.ts';

/** What a client of OAuth2's password flow has sent. */
export interface OAuth2PasswordForm {
  readonly username: string;
  readonly password: string;
  /** Those of `scope`, one by one. */
  readonly scopes: readonly string[];
  readonly clientId: string | undefined;
  readonly clientSecret: string | undefined;
}

/** Options of {@link oauth2PasswordForm}. */
export interface OAuth2PasswordFormOptions {
  /** Whether `grant_type` must be sent, as RFC 6749 has it. Default `false`: many clients leave it out. */
  readonly strict?: boolean;
}

type Names = 'grant_type' | 'username' | 'password' | 'scope' | 'client_id' | 'client_secret';

const text = { type: 'string' } as const;
const grant = { type: 'string', pattern: '^password$' } as const;

/**
 * The form of OAuth2's password flow, for the route at the `tokenUrl` of {@link oauth2Password}: user name and password, scopes, the client where it
 * says who it is. As FastAPI's `OAuth2PasswordRequestForm`, with `strict` its `OAuth2PasswordRequestFormStrict`; RFC 6749, 4.3.2.
 *
 * @throws CortadoError `CORTADO_OPTION_UNKNOWN` or `CORTADO_OPTION_INVALID` at declaration.
 * @example
 * ```ts
 * app.post('/token', { params: { form: oauth2PasswordForm() } }, async ({ form }) => {
 *   const user = await logIn(form.username, form.password);
 *   if (user === undefined) throw new HttpError(400, 'Incorrect username or password');
 *   return { access_token: await tokenOf(user, form.scopes), token_type: 'bearer' };
 * });
 * ```
 */
export function oauth2PasswordForm(options: OAuth2PasswordFormOptions = {}): Dependency<OAuth2PasswordForm, Names> {
  checkOptions('oauth2PasswordForm()', options, { strict: flag });
  const isStrict = options.strict === true;
  return dependency(
    {
      grant_type: form(fromJsonSchema<string | undefined>(grant, { optional: !isStrict })),
      username: form(fromJsonSchema<string>(text)),
      password: form(fromJsonSchema<string>({ ...text, format: 'password' })),
      scope: form(fromJsonSchema<string>({ ...text, default: '' })),
      client_id: form(fromJsonSchema<string | undefined>(text, { optional: true })),
      client_secret: form(fromJsonSchema<string | undefined>({ ...text, format: 'password' }, { optional: true })),
    },
    ({ username, password, scope, client_id: clientId, client_secret: clientSecret }): OAuth2PasswordForm => ({
      username,
      password,
      scopes: scope.split(' ').filter((one) => one !== ''),
      clientId,
      clientSecret,
    }),
    { name: 'oauth2PasswordForm' },
  );
}
