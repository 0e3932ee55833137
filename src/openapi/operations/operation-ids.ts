import { shown } from '../../base/check-values.ts';
import { CortadoError, invalidOption } from '../../base/error.ts';
import type { Route } from '../../declare/route/route.ts';

/** A route as a document has it: one of the app, or a request that the app sends, which has a name there. */
export interface DocumentedRoute {
  readonly route: Route;
  readonly name?: string;
}

/** Names of the operations for generated clients, each its own: of those that nobody gave the later of two gets a number. */
export class OperationIds {
  readonly #given = new GivenOperationIds();
  readonly #taken = new Set<string>();
  readonly #ids = new Map<Route, string>();

  /** @throws CortadoError `CORTADO_ROUTE_DUPLICATE` where two routes were given one name. */
  constructor(routes: readonly DocumentedRoute[]) {
    const open: DocumentedRoute[] = [];
    for (const documented of routes) {
      const id = this.#given.add(documented.route);
      if (id === undefined) open.push(documented);
      else this.#take(documented.route, id);
    }
    for (const documented of open) this.#take(documented.route, defaultId(documented));
  }

  has(id: string): boolean {
    return this.#taken.has(id);
  }

  of(route: Route): string {
    return this.#ids.get(route)!;
  }

  #take(route: Route, id: string): void {
    let unique = id;
    for (let number = 2; this.#taken.has(unique); number++) unique = `${id}_${number}`;
    this.#taken.add(unique);
    this.#ids.set(route, unique);
  }
}

/** The names that routes were given, by their options or a function. */
export class GivenOperationIds {
  readonly #routes = new Map<string, Route>();

  /**
   * Adds a route, and returns the name that it was given, if any.
   *
   * @throws CortadoError `CORTADO_ROUTE_DUPLICATE` where another route has it; the methods of `route()` share one, and get numbers.
   */
  add(route: Route): string | undefined {
    const id = givenId(route);
    if (id === undefined) return undefined;
    const same = this.#routes.get(id);
    if (same === undefined) this.#routes.set(id, route);
    else if (!isTwin(same, route))
      throw new CortadoError(
        'CORTADO_ROUTE_DUPLICATE',
        `${route.name} has the operationId "${id}" of ${same.name}: clients are generated with one function for each.`,
      );
    return id;
  }
}

const isTwin = ({ definition: a }: Route, { definition: b }: Route): boolean =>
  a.path === b.path && a.handler === b.handler && a.method !== b.method;

function givenId({ name, definition }: Route): string | undefined {
  const { method, path, handler, settings } = definition;
  const { operationId, tags = [] } = settings;
  if (typeof operationId !== 'function') return operationId;
  const id: unknown = operationId({ method, path, name: handler.name, tags });
  if (typeof id === 'string' && id !== '') return id;
  throw invalidOption(`${name}: the function operationId must return a text, not ${shown(id)}.`);
}

// FastAPI's, of the handler's name, path and method; without a name, of the other two.
function defaultId({ route: { definition, template }, name: given }: DocumentedRoute): string {
  const { handler, method } = definition;
  const end = `_${method.toLowerCase()}`;
  if (given !== undefined) return `${given.replace(/\W/g, '_')}${end}`;
  const path = template.source.replace(/\{(\w+):path\}/g, '{$1}').replace(/\W/g, '_');
  const name = handler.name.replace(/\W/g, '_');
  return `${name === '' ? path.replace(/_+/g, '_').replace(/^_|_$/g, '') || 'root' : `${name}${path}`}${end}`;
}
