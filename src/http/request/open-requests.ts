import type { Gauge } from '../../inject/component.ts';

/** How many requests of a route, with all that they opened and deferred, have not ended yet. */
export class ScopeCounter {
  readonly route: string;
  scopes = 0;
  /** Requests whose deferred work still runs. */
  deferred = 0;
  onIdle: (() => void) | undefined;
  /** Those of the app that its requests are handed on to, which counts each of them once more. */
  inner: OpenRequests | undefined;

  constructor(route: string) {
    this.route = route;
  }

  /** Requests that nobody else counts. */
  get own(): number {
    return this.inner === undefined ? this.scopes : Math.max(0, this.scopes - this.inner.total);
  }

  /** One less: one of the requests, or of their deferred work, has ended. */
  end(what: 'scopes' | 'deferred'): void {
    if (--this[what] === 0) this.onIdle?.();
  }
}

/** What of a route is open. */
export type OpenRoute = Pick<ScopeCounter, 'route' | 'scopes' | 'deferred'>;

/** The name of a route of an app that is mounted under `prefix`: `GET /users` there is `GET /sub/users`. */
export function prefixedRoute(prefix: string, route: string): string {
  const { method, route: path } = labelsOf(route);
  return `${method} ${prefix}${path}`;
}

/** What is open right now, by route. */
export class OpenRequests {
  readonly #counters = new Map<string, ScopeCounter>();
  readonly #inner: { readonly prefix: string; readonly requests: OpenRequests }[] = [];
  #idle: Promise<void> | undefined;
  /** Whether the app stops: an answer then ends its connection. */
  isStopping = false;
  /** Answers that were broken off because their clients took nothing of them. */
  stalled = 0;

  /** The counter of a route; the same one however often the route is planned. */
  of(route: string): ScopeCounter {
    let counter = this.#counters.get(route);
    if (counter === undefined) this.#counters.set(route, (counter = new ScopeCounter(route)));
    return counter;
  }

  /** Counts the requests of an app that is mounted under `prefix`; `counter` is that of its mount. */
  addInner(prefix: string, counter: ScopeCounter, requests: OpenRequests): void {
    counter.inner = requests;
    this.#inner.push({ prefix, requests });
  }

  get total(): number {
    let total = 0;
    for (const counter of this.#counters.values()) total += counter.own;
    for (const { requests } of this.#inner) total += requests.total;
    return total;
  }

  /** The routes with requests or deferred work, those of mounted apps under their prefixes. */
  byRoute(): readonly OpenRoute[] {
    const own = [...this.#counters.values()].map(({ route, own: scopes, deferred }) => ({ route, scopes, deferred }));
    const inner = this.#inner.flatMap(({ prefix, requests }) =>
      requests.byRoute().map((open) => ({ ...open, route: prefixedRoute(prefix, open.route) })),
    );
    return [...own.filter(({ scopes, deferred }) => scopes + deferred > 0), ...inner];
  }

  gauges(): Gauge[] {
    const counters = [...this.#counters.values()];
    const inFlight = counters.map(({ route, own }): Gauge => {
      const help = 'Requests that have not ended yet, by method and route.';
      return { name: 'http_requests_in_flight', help, value: own, labels: labelsOf(route) };
    });
    const deferring = counters.map(({ route, deferred }): Gauge => {
      const help = 'Requests whose deferred work (ctx.defer) still runs, by method and route.';
      return { name: 'cortado_deferred_work', help, value: deferred, labels: labelsOf(route) };
    });
    const stalled: Gauge = {
      name: 'cortado_answers_stalled_total',
      help: 'Answers that were broken off because their client took nothing of them.',
      value: this.stalled,
    };
    return [...inFlight, ...deferring, stalled];
  }

  /** Resolves once nothing is open. */
  idle(): Promise<void> {
    if (this.#isIdle() && this.byRoute().length === 0) return Promise.resolve();
    this.#idle ??= this.#whenIdle();
    return this.#idle;
  }

  #isIdle(): boolean {
    for (const { scopes, deferred } of this.#counters.values()) if (scopes + deferred > 0) return false;
    return true;
  }

  async #whenIdle(): Promise<void> {
    await this.#whenOwnIdle();
    // What these deferred goes on when the requests that were handed on to them are over.
    await Promise.all(this.#inner.map(({ requests }) => requests.idle()));
    this.#idle = undefined;
  }

  #whenOwnIdle(): Promise<void> {
    if (this.#isIdle()) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    const look = (): void => {
      if (!this.#isIdle()) return;
      for (const counter of this.#counters.values()) counter.onIdle = undefined;
      resolve();
    };
    for (const counter of this.#counters.values()) counter.onIdle = look;
    return promise;
  }
}

function labelsOf(route: string): { method: string; route: string } {
  const space = route.indexOf(' ');
  return { method: route.slice(0, space), route: route.slice(space + 1) };
}
