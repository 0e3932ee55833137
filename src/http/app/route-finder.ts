import type { Route } from '../../declare/route/route.ts';

const rest = '{path:path}';

/** Finds the routes that a path has the form of, which the router tells only for one method. Those of folders stand aside. */
export class RouteFinder {
  /** By the first segment of their template; those that begin with a parameter are for every path. */
  readonly #byFirst = new Map<string, Route[]>();
  readonly #any: Route[] = [];
  readonly #folders: Route[] = [];

  constructor(routes: readonly Route[]) {
    for (const route of routes) {
      const first = firstOf(route.template.source);
      if (route.definition.folder !== undefined) this.#folders.push(route);
      else if (first.includes('{')) this.#any.push(route);
      else if (this.#byFirst.has(first)) this.#byFirst.get(first)!.push(route);
      else this.#byFirst.set(first, [route]);
    }
  }

  find(path: string): Route[] {
    const some = [...(this.#byFirst.get(firstOf(path)) ?? []), ...this.#any];
    return some.filter(({ template }) => template.matches(path));
  }

  has(path: string): boolean {
    return this.find(path).length > 0;
  }

  /** Whether a folder is served below just this path. */
  isFolder(path: string): boolean {
    return this.#folders.some(({ template }) => template.source === `${path}${rest}`);
  }

  /** Whether a folder that is served has a file for this path. */
  async hasFile(path: string): Promise<boolean> {
    for (const { template, definition } of this.#folders) {
      const name = template.matches(path) ? path.slice(template.source.length - rest.length) : undefined;
      if (name !== undefined && (await definition.folder!.has(name))) return true;
    }
    return false;
  }
}

function firstOf(path: string): string {
  return path.split('/', 2)[1] ?? '';
}
