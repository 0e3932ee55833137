import { CortadoError } from '../../base/error.ts';
import type { Route } from '../../declare/route/route.ts';
import { GivenOperationIds } from '../../openapi/operations/operation-ids.ts';

/** The routes of an app, by what a request can tell them apart. */
export class UniqueRoutes {
  readonly #names = new Map<string, string>();
  readonly #ids = new GivenOperationIds();

  /** Refuses a route that no request, or no client that is made of the document, could tell from one that is there already. */
  add(route: Route): void {
    const { name, template, definition } = route;
    if (definition.settings.documented !== false) this.#ids.add(route);
    const key = `${definition.method} ${template.form}`;
    const same = this.#names.get(key);
    if (same === undefined) {
      this.#names.set(key, name);
      return;
    }
    const what =
      name === same
        ? `${name} is declared twice.`
        : `${name} has the same form as ${same}, so no request could tell them apart.`;
    throw new CortadoError('CORTADO_ROUTE_DUPLICATE', what);
  }
}
