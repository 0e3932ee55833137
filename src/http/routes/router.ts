import { shown } from '../../base/check-values.ts';
import { invalidOption } from '../../base/error.ts';
import type { RouteDefinition } from '../../declare/route/route.ts';
import { misuseOf } from './misused.ts';
import { checkShared, Routes, type Shared, withShared } from './routes.ts';

/** Options of a {@link Router}. */
export interface RouterOptions extends Shared {}

export function checkIncluded(owner: string, router: unknown, shared: Shared): void {
  if (typeof router === 'string')
    throw invalidOption(`${owner}(): the path is an option: ${owner}(router, { prefix: ${shown(router)} }).`);
  if (!(router instanceof Router)) {
    const why = misuseOf(owner, router) ?? `expected a Router, not ${shown(router)}.`;
    throw invalidOption(`${owner}(): ${why}`);
  }
  checkShared(`${owner}()`, shared);
}

/**
 * Routes that share a prefix, tags and guards, to be included in an app or in another router.
 *
 * @throws CortadoError `CORTADO_OPTION_UNKNOWN`, `CORTADO_PATH_INVALID`.
 * @example
 * ```ts
 * const users = new Router({ prefix: '/users', tags: ['users'], guards: [signedIn] });
 * users.get('/{user_id}', { params: { user_id: z.int() } }, ({ user_id }) => load(user_id));
 * app.include(users);
 * ```
 */
export class Router extends Routes {
  readonly #shared: RouterOptions;
  readonly #entries: (RouteDefinition | { readonly router: Router; readonly shared: Shared })[] = [];

  constructor(options: RouterOptions = {}) {
    super();
    checkShared('Router', options);
    this.#shared = options;
  }

  /** Includes another router below this one. */
  include(router: Router, shared: Shared = {}): this {
    checkIncluded('router.include', router, shared);
    if (router.#reaches(this))
      throw invalidOption('include(): a router cannot include itself, directly or through another one.');
    this.#entries.push({ router, shared });
    return this;
  }

  /** Its routes as data, with all that routers add to them. */
  routes(): RouteDefinition[] {
    const own = this.#entries.flatMap((entry) =>
      'router' in entry ? entry.router.routes().map((definition) => withShared(definition, entry.shared)) : [entry],
    );
    return own.map((definition) => withShared(definition, this.#shared));
  }

  protected override add(definition: RouteDefinition): void {
    this.#entries.push(definition);
  }

  #reaches(other: Router): boolean {
    return this === other || this.#entries.some((entry) => 'router' in entry && entry.router.#reaches(other));
  }
}
