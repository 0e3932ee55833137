import { invalidOption } from '../../base/error.ts';
import { listedScopes } from '../../declare/listed-scopes.ts';
import type { Route } from '../../declare/route/route.ts';
import { alternativesOf } from '../../declare/security.ts';

/** Throws where a route asks for scopes that nothing of it can check, or that its OAuth2 scheme does not have. */
export function checkScopes({ name, definition, plan }: Route): void {
  const { scopes = [] } = definition.settings;
  if (scopes.length === 0) return;
  if (plan.security.length === 0)
    fail(name, 'it asks for scopes, but no guard or parameter of it reads a credential; see cortado/security.');
  const known = plan.security.flatMap(alternativesOf).map(({ scheme }) => listedScopes(scheme));
  if (known.includes(undefined)) return;
  const missing = scopes.find((scope) => !known.some((names) => names!.includes(scope)));
  if (missing !== undefined)
    fail(name, `no security scheme of it has the scope "${missing}"; they have ${known.flat().join(', ')}.`);
}

function fail(name: string, why: string): never {
  throw invalidOption(`${name}: ${why}`);
}
