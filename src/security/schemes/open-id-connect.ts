import { anything } from '../../base/check-values.ts';
import { invalidOption } from '../../base/error.ts';
import type { Dependency } from '../../declare/dependency.ts';
import { bearerToken } from './credentials.ts';
import { type Granted, type SchemeOptions, schemeDependency } from './scheme.ts';

/** Options of {@link openIdConnect}. */
export interface OpenIdConnectOptions<Verdict = true, Optional extends boolean = false>
  extends SchemeOptions<string, Verdict, Optional> {
  /** Address of the provider's discovery document, `https://id.example/.well-known/openid-configuration`. */
  readonly url: string;
}

/**
 * Reads the bearer token that an OpenID Connect provider has given to the client. Its value is the token, or what `verify` makes of it.
 *
 * Without one it answers 401, `WWW-Authenticate: Bearer` and `{"detail":"Not authenticated"}`: as `fastapi.security.OpenIdConnect` of
 * FastAPI 0.142, which gives the whole header instead of the token.
 *
 * @throws CortadoError `CORTADO_OPTION_UNKNOWN` or `CORTADO_OPTION_INVALID` at declaration.
 * @example
 * ```ts
 * const user = openIdConnect({ url: 'https://id.example/.well-known/openid-configuration', verify: (token) => userOf(token) });
 * app.get('/me', { params: { user } }, ({ user }) => user);
 * ```
 */
export function openIdConnect<Verdict = true, const Optional extends boolean = false>(
  options: OpenIdConnectOptions<Verdict, Optional>,
): Dependency<NoInfer<Granted<string, Verdict, Optional>>> {
  const { url } = options;
  if (typeof url !== 'string' || url === '')
    throw invalidOption("openIdConnect(): url must be the provider's discovery document.");
  return schemeDependency(
    {
      owner: 'openIdConnect()',
      defaultName: 'OpenIdConnect',
      openApi: { type: 'openIdConnect', openIdConnectUrl: url },
      challenge: 'Bearer',
      read: bearerToken,
    },
    options,
    { url: anything },
  );
}
