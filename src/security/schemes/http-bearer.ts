import { string } from '../../base/check-values.ts';
import type { Dependency } from '../../declare/dependency.ts';
import { bearerToken } from './credentials.ts';
import { type Granted, type SchemeOptions, schemeDependency } from './scheme.ts';

/** Options of {@link httpBearer}. */
export interface HttpBearerOptions<Verdict = true, Optional extends boolean = false>
  extends SchemeOptions<string, Verdict, Optional> {
  /** How the token is made, for the documentation: `JWT`. */
  readonly bearerFormat?: string;
}

/**
 * Reads the token of `Authorization: Bearer …`, and puts it into the documentation's Authorize dialog. Its value is the token, or what
 * `verify` makes of it.
 *
 * Without one it answers 401, `WWW-Authenticate: Bearer` and `{"detail":"Not authenticated"}`, before the body is read: as
 * `fastapi.security.HTTPBearer` of FastAPI 0.142, but for that order. A token that `verify` turns down adds `error="invalid_token"`
 * (RFC 6750, 3.1).
 *
 * @throws CortadoError `CORTADO_OPTION_UNKNOWN` or `CORTADO_OPTION_INVALID` at declaration.
 * @example
 * ```ts
 * const bearer = httpBearer({ bearerFormat: 'JWT' });
 * const user = dependency({ token: bearer }, ({ token }) => userOf(token));
 * app.get('/me', { params: { user } }, ({ user }) => user);
 * ```
 */
export function httpBearer<Verdict = true, const Optional extends boolean = false>(
  options: HttpBearerOptions<Verdict, Optional> = {},
): Dependency<NoInfer<Granted<string, Verdict, Optional>>> {
  const { bearerFormat } = options;
  return schemeDependency(
    {
      owner: 'httpBearer()',
      defaultName: 'HTTPBearer',
      openApi: { type: 'http', scheme: 'bearer', ...(bearerFormat !== undefined && { bearerFormat }) },
      challenge: 'Bearer',
      read: bearerToken,
    },
    options,
    { bearerFormat: string },
  );
}
