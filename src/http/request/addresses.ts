import { CortadoError, invalidOption } from '../../base/error.ts';
import { addressOf, checkGiven, type Given } from '../../declare/route/address.ts';
import type { Route, RouteDefinition } from '../../declare/route/route.ts';

/** Finds the routes of an app by the values that `app.get` and a router's gave for them. */
export class Addresses {
  readonly #routes: () => readonly Route[];
  #byOrigin: Map<RouteDefinition, Route[]> | undefined;

  constructor(routes: () => readonly Route[]) {
    this.#routes = routes;
  }

  /** To be called where the routes have changed. */
  forget(): void {
    this.#byOrigin = undefined;
  }

  /**
   * The route of a value. A router that is included in several places has several: the one with the prefix that is given, else the one
   * that shares the most of its path with `near`.
   */
  routeOf(endpoint: RouteDefinition, { prefix, near }: { prefix?: string; near?: string | undefined } = {}): Route {
    this.#byOrigin ??= Map.groupBy(this.#routes(), ({ definition }) => definition.origin ?? definition);
    const name = `${endpoint.socket === undefined ? endpoint.method : 'SOCKET'} ${endpoint.path}`;
    const all = this.#byOrigin.get(endpoint.origin ?? endpoint) ?? [];
    const fitting = prefix === undefined ? all : nearest(all, prefix);
    if (fitting.length === 1) return fitting[0]!;
    if (all.length === 0)
      throw new CortadoError(
        'CORTADO_LIFECYCLE',
        `${name} is no route of this app: include its router first, or ask the app that has it, where that is mounted in this one.`,
      );
    const paths = all.map(({ template }) => template.source).join(', ');
    if (fitting.length === 0) throw invalidOption(`${name} is there as ${paths}, and not below "${prefix}".`);
    if (near === undefined)
      throw invalidOption(`${name} is there more than once, as ${paths}: say which, { prefix: … }.`);
    return fitting.toSorted((a, b) => shared(b.template.source, near) - shared(a.template.source, near))[0]!;
  }

  /** The address of a route, without the prefix of a proxy. */
  addressOf(endpoint: RouteDefinition, given: Given, where?: { prefix?: string; near?: string | undefined }): string {
    const route = this.routeOf(endpoint, where);
    checkGiven(route, given);
    const other = route.plan.fields.find(
      ({ name, source }) => given[name] !== undefined && source !== 'path' && source !== 'query',
    );
    if (other !== undefined)
      throw invalidOption(
        `${route.name}: "${other.name}" comes from the ${other.source}, and is no part of an address.`,
      );
    return addressOf(route, given);
  }
}

/** The routes below a prefix, and of those the ones that no further prefix stands before. */
function nearest(routes: readonly Route[], prefix: string): readonly Route[] {
  const start = prefix.endsWith('/') ? prefix : `${prefix}/`;
  const below = routes.filter(({ template: { source } }) => source === prefix || source.startsWith(start));
  const lengths = below.map(({ template: { source } }) => source.split('/').length);
  return below.filter((_, at) => lengths[at] === Math.min(...lengths));
}

/** How many segments two paths have in common at their start. */
function shared(path: string, near: string): number {
  const [own, other] = [path.split('/'), near.split('/')];
  const end = own.findIndex((segment, at) => segment !== other[at]);
  return end < 0 ? own.length : end;
}
