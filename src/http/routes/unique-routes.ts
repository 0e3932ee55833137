import { CortadoError } from '../../base/error.ts';
import type { Route } from '../../declare/route/route.ts';

/** The routes of an app, by what a request can tell them apart. */
export class UniqueRoutes {
  readonly #names = new Map<string, string>();

  /** Refuses a route that no request could tell from one that is there already. */
  add({ name, template, definition }: Route): void {
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
