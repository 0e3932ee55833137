import type { Dependency } from '../../declare/dependency.ts';
import { credentialsOf } from './credentials.ts';
import { type Granted, type SchemeOptions, schemeDependency } from './scheme.ts';

/** What a client sends by HTTP Digest. */
export interface DigestCredentials {
  /** The word as it was sent, `Digest` in whatever letters. */
  readonly scheme: string;
  /** What follows the word, as it was sent: `username="ada", realm="bar", nonce="…", response="…"`. */
  readonly credentials: string;
}

/** Options of {@link httpDigest}. */
export interface HttpDigestOptions<Verdict = true, Optional extends boolean = false>
  extends SchemeOptions<DigestCredentials, Verdict, Optional> {}

/**
 * Reads the credentials of `Authorization: Digest …`. Its value is `{ scheme, credentials }`, or what `verify` makes of it: nothing of them is
 * checked, neither the nonce nor the response (RFC 7616), which is for `verify`.
 *
 * Without them it answers 401, `WWW-Authenticate: Digest` and `{"detail":"Not authenticated"}`: as `fastapi.security.HTTPDigest` of
 * FastAPI 0.142. A challenge with a nonce is an `onError(401, …)` of the app.
 *
 * @throws CortadoError `CORTADO_OPTION_UNKNOWN` or `CORTADO_OPTION_INVALID` at declaration.
 * @example
 * ```ts
 * const device = httpDigest({ verify: ({ credentials }, ctx) => deviceOf(credentials, ctx.method, ctx.path) });
 * app.get('/readings', { params: { device } }, ({ device }) => readingsOf(device));
 * ```
 */
export function httpDigest<Verdict = true, const Optional extends boolean = false>(
  options: HttpDigestOptions<Verdict, Optional> = {},
): Dependency<NoInfer<Granted<DigestCredentials, Verdict, Optional>>> {
  return schemeDependency(
    {
      owner: 'httpDigest()',
      defaultName: 'HTTPDigest',
      openApi: { type: 'http', scheme: 'digest' },
      challenge: 'Digest',
      read: (context): DigestCredentials | undefined => {
        const credentials = credentialsOf(context, 'digest');
        const scheme = context.headers.authorization?.split(' ', 1)[0] ?? '';
        return credentials === undefined ? undefined : { scheme, credentials };
      },
    },
    options,
    {},
  );
}
