import { anything } from '../../base/check-values.ts';
import { invalidOption } from '../../base/error.ts';
import type { Dependency } from '../../declare/dependency.ts';
import { credentialsOf } from './credentials.ts';
import { type Granted, notAuthenticated, type SchemeOptions, schemeDependency } from './scheme.ts';

/** What a client sends by HTTP Basic. */
export interface BasicCredentials {
  readonly username: string;
  readonly password: string;
}

/** Options of {@link httpBasic}. */
export interface HttpBasicOptions<Verdict = true, Optional extends boolean = false>
  extends SchemeOptions<BasicCredentials, Verdict, Optional> {
  /** What browsers show when they ask for the password; with it the challenge also says that it is read as UTF-8. Default: none. */
  readonly realm?: string;
}

/**
 * Reads the user name and password of `Authorization: Basic …`, as UTF-8 (RFC 7617). Its value is `{ username, password }`, or what
 * `verify` makes of it; compare secrets with `safeEqual`.
 *
 * Without them it answers 401, `WWW-Authenticate: Basic` and `{"detail":"Not authenticated"}`, and so it does, `optional` or not, where
 * they are not Base64 of UTF-8 with a colon: as `fastapi.security.HTTPBasic` of FastAPI 0.142, which only reads ASCII.
 *
 * @throws CortadoError `CORTADO_OPTION_UNKNOWN` or `CORTADO_OPTION_INVALID` at declaration.
 * @example
 * ```ts
 * const staff = httpBasic({ realm: 'Coffee bar', verify: ({ username, password }) => username === 'ada' && safeEqual(password, secret) });
 * app.get('/till', { guards: [staff] }, () => till.total());
 * ```
 */
export function httpBasic<Verdict = true, const Optional extends boolean = false>(
  options: HttpBasicOptions<Verdict, Optional> = {},
): Dependency<NoInfer<Granted<BasicCredentials, Verdict, Optional>>> {
  const challenge = challengeOf(options.realm);
  return schemeDependency(
    {
      owner: 'httpBasic()',
      defaultName: 'HTTPBasic',
      openApi: { type: 'http', scheme: 'basic' },
      challenge,
      read: (context) => {
        const encoded = credentialsOf(context, 'basic');
        return encoded === undefined ? undefined : (decode(encoded) ?? refuse(challenge));
      },
    },
    options,
    { realm: anything },
  );
}

function challengeOf(realm: string | undefined): string {
  if (realm === undefined) return 'Basic';
  if (typeof realm !== 'string' || !/^[\x20-\x7e]*$/.test(realm))
    throw invalidOption('httpBasic(): realm may only have printable ASCII characters.');
  return `Basic realm="${realm.replace(/["\\]/g, '\\$&')}", charset="UTF-8"`;
}

function refuse(challenge: string): never {
  throw notAuthenticated(challenge);
}

// Node's decoder passes over what is no Base64.
function decode(encoded: string): BasicCredentials | undefined {
  if (encoded.length % 4 !== 0 || !/^[A-Za-z\d+/]*={0,2}$/.test(encoded)) return undefined;
  const text = utf8(Buffer.from(encoded, 'base64'));
  const colon = text?.indexOf(':') ?? -1;
  return colon < 0 ? undefined : { username: text!.slice(0, colon), password: text!.slice(colon + 1) };
}

function utf8(bytes: Buffer): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
