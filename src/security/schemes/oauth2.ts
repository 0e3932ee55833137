import { anything, type Rules } from '../../base/check-values.ts';
import { invalidOption } from '../../base/error.ts';
import type { Dependency } from '../../declare/dependency.ts';
import { bearerToken } from './credentials.ts';
import { type Granted, type SchemeOptions, schemeDependency } from './scheme.ts';

/** What each OAuth2 flow can have. */
export interface OAuth2Flow {
  /** Scopes by name, each with a sentence about it. Default: none. */
  readonly scopes?: Readonly<Record<string, string>>;
  /** Where tokens are renewed. */
  readonly refreshUrl?: string;
}

/** The OAuth2 flows by which a client can come by a token, as in OpenAPI. URLs may be relative to the API's own. */
export interface OAuth2Flows {
  readonly password?: OAuth2Flow & { readonly tokenUrl: string };
  readonly clientCredentials?: OAuth2Flow & { readonly tokenUrl: string };
  readonly authorizationCode?: OAuth2Flow & { readonly authorizationUrl: string; readonly tokenUrl: string };
  readonly implicit?: OAuth2Flow & { readonly authorizationUrl: string };
}

/** Options of {@link oauth2}. */
export interface OAuth2Options<Verdict = true, Optional extends boolean = false>
  extends SchemeOptions<string, Verdict, Optional> {
  readonly flows: OAuth2Flows;
}

/** Options of {@link oauth2Password}. */
export interface OAuth2PasswordOptions<Verdict = true, Optional extends boolean = false>
  extends SchemeOptions<string, Verdict, Optional>,
    OAuth2Flow {
  /** Path or URL that gives a token for the form fields `username` and `password`; may be relative to the API's own. */
  readonly tokenUrl: string;
}

/**
 * Reads the bearer token of an OAuth2 flow, and documents where clients come by one. Its value is the token, or what `verify` makes of it.
 *
 * Without one it answers 401, `WWW-Authenticate: Bearer` and `{"detail":"Not authenticated"}`: as
 * `fastapi.security.OAuth2AuthorizationCodeBearer` of FastAPI 0.142. (FastAPI's plain `OAuth2` gives the header as it is instead.)
 *
 * @throws CortadoError `CORTADO_OPTION_UNKNOWN` or `CORTADO_OPTION_INVALID` at declaration.
 * @example
 * ```ts
 * const token = oauth2({
 *   flows: { authorizationCode: { authorizationUrl: 'https://id.example/authorize', tokenUrl: 'https://id.example/token' } },
 * });
 * app.get('/me', { params: { token } }, ({ token }) => profileOf(token));
 * ```
 */
export function oauth2<Verdict = true, const Optional extends boolean = false>(
  options: OAuth2Options<Verdict, Optional>,
): Dependency<NoInfer<Granted<string, Verdict, Optional>>> {
  return schemeOf('oauth2()', 'OAuth2', options.flows, options, { flows: anything });
}

/**
 * {@link oauth2} with the password flow: users log in with name and password at a route of this app, and the Authorize dialog of the
 * documentation does so for its reader. FastAPI's `OAuth2PasswordBearer`, but that an empty token is no token.
 *
 * @throws CortadoError `CORTADO_OPTION_UNKNOWN` or `CORTADO_OPTION_INVALID` at declaration.
 * @example
 * ```ts
 * const token = oauth2Password({ tokenUrl: '/token', scopes: { 'orders:read': 'Read orders' } });
 * app.get('/orders', { params: { token }, scopes: ['orders:read'] }, ({ token }) => ordersOf(token));
 * ```
 */
export function oauth2Password<Verdict = true, const Optional extends boolean = false>(
  options: OAuth2PasswordOptions<Verdict, Optional>,
): Dependency<NoInfer<Granted<string, Verdict, Optional>>> {
  const { tokenUrl, scopes, refreshUrl } = options;
  const password = { tokenUrl, ...(scopes && { scopes }), ...(refreshUrl !== undefined && { refreshUrl }) };
  const rules = { tokenUrl: anything, scopes: anything, refreshUrl: anything };
  return schemeOf('oauth2Password()', 'OAuth2PasswordBearer', { password }, options, rules);
}

function schemeOf<Verdict, Optional extends boolean>(
  owner: string,
  defaultName: string,
  flows: OAuth2Flows,
  options: SchemeOptions<string, Verdict, Optional>,
  rules: Rules,
): Dependency<NoInfer<Granted<string, Verdict, Optional>>> {
  checkFlows(owner, flows);
  const documented = Object.entries(flows).map(([name, flow]) => [name, { ...flow, scopes: flow.scopes ?? {} }]);
  const openApi = { type: 'oauth2', flows: Object.fromEntries(documented) as object } as const;
  return schemeDependency({ owner, defaultName, openApi, challenge: 'Bearer', read: bearerToken }, options, rules);
}

const urlsOf: Readonly<Record<string, readonly string[]>> = {
  password: ['tokenUrl'],
  clientCredentials: ['tokenUrl'],
  authorizationCode: ['authorizationUrl', 'tokenUrl'],
  implicit: ['authorizationUrl'],
};

function checkFlows(owner: string, flows: OAuth2Flows): void {
  const given = Object.entries(flows ?? {});
  if (given.length === 0) fail(owner, `flows must have one of ${Object.keys(urlsOf).join(', ')}.`);
  for (const [name, flow] of given) {
    const urls = urlsOf[name] ?? fail(owner, `there is no flow "${name}"; use ${Object.keys(urlsOf).join(', ')}.`);
    const lost = urls.find((url) => typeof flow[url] !== 'string' || flow[url] === '');
    if (lost !== undefined) fail(owner, `the flow "${name}" needs its ${lost}.`);
  }
}

function fail(owner: string, why: string): never {
  throw invalidOption(`${owner}: ${why}`);
}
