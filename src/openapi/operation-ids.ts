import type { Route } from '../declare/route/route.ts';

/** Names of the operations for generated clients, each its own: where two would be the same, the later one gets a number. */
export function operationIds(routes: readonly Route[]): ReadonlyMap<Route, string> {
  const ids = new Map<Route, string>();
  const taken = new Set<string>();
  for (const route of routes) {
    const id = operationIdOf(route);
    let unique = id;
    for (let number = 2; taken.has(unique); number++) unique = `${id}_${number}`;
    taken.add(unique);
    ids.set(route, unique);
  }
  return ids;
}

// FastAPI's, of the handler's name, path and method; without a name, of the other two.
function operationIdOf({ definition, template }: Route): string {
  const { handler, method, settings } = definition;
  if (settings.operationId !== undefined) return settings.operationId;
  const path = template.source.replace(/\{(\w+):path\}/g, '{$1}').replace(/\W/g, '_');
  const name = handler.name.replace(/\W/g, '_');
  return `${name === '' ? path.replace(/_+/g, '_').replace(/^_|_$/g, '') || 'root' : `${name}${path}`}_${method.toLowerCase()}`;
}
