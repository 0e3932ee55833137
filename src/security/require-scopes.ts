import type { RequestContext } from '../http/request/context.ts';
import { HttpError } from '../http/request/http-error.ts';

/**
 * Refuses a request whose token does not have every scope that its route asks for: 403, `{"detail":"Not enough permissions"}`, and a
 * challenge that names them (RFC 6750, 3.1; FastAPI leaves this to the app, by `SecurityScopes`).
 *
 * @param granted The scopes that the token has.
 * @throws HttpError 403 where one is missing.
 * @example
 * ```ts
 * const user = oauth2Password({
 *   tokenUrl: '/token',
 *   verify: async (token, ctx) => {
 *     const claims = await claimsOf(token);
 *     if (claims !== undefined) requireScopes(claims.scopes, ctx);
 *     return claims;
 *   },
 * });
 * app.get('/orders', { params: { user }, scopes: ['orders:read'] }, ({ user }) => ordersOf(user));
 * ```
 */
export function requireScopes(granted: readonly string[], context: RequestContext): void {
  const { scopes } = context;
  if (scopes.every((scope) => granted.includes(scope))) return;
  const challenge = `Bearer error="insufficient_scope", scope="${scopes.join(' ')}"`;
  throw new HttpError(403, 'Not enough permissions', { headers: { 'www-authenticate': challenge } });
}
