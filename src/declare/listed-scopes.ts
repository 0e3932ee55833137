import type { SecurityScheme } from './security.ts';

/** The scopes that an OAuth2 scheme lists; `undefined` where it lists none, and for other schemes, which cannot. */
export function listedScopes(scheme: SecurityScheme): readonly string[] | undefined {
  if (scheme.type !== 'oauth2') return undefined;
  const flows = Object.values(scheme['flows'] as object) as readonly { readonly scopes: object }[];
  const names = flows.flatMap(({ scopes }) => Object.keys(scopes));
  return names.length === 0 ? undefined : names;
}
