import type { Gauge } from '../../inject/component.ts';

/** How many requests of a route, with all that they opened and deferred, have not ended yet. */
export class ScopeCounter {
  readonly route: string;
  scopes = 0;
  /** Requests whose deferred work still runs. */
  deferred = 0;
  onIdle: (() => void) | undefined;

  constructor(route: string) {
    this.route = route;
  }

  /** One less: one of the requests, or of their deferred work, has ended. */
  end(what: 'scopes' | 'deferred'): void {
    if (--this[what] === 0) this.onIdle?.();
  }
}

/** What is open right now, by route. */
export class OpenRequests {
  readonly #counters = new Map<string, ScopeCounter>();
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

  get total(): number {
    let total = 0;
    for (const { scopes } of this.#counters.values()) total += scopes;
    return total;
  }

  /** The routes with requests or deferred work. */
  byRoute(): readonly ScopeCounter[] {
    return [...this.#counters.values()].filter(({ scopes, deferred }) => scopes + deferred > 0);
  }

  gauges(): Gauge[] {
    const counters = [...this.#counters.values()];
    const inFlight = counters.map(({ route, scopes }): Gauge => {
      const help = 'Requests that have not ended yet, by method and route.';
      return { name: 'http_requests_in_flight', help, value: scopes, labels: labelsOf(route) };
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
    if (this.byRoute().length === 0) return Promise.resolve();
    this.#idle ??= this.#whenIdle();
    return this.#idle;
  }

  #whenIdle(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const look = (): void => {
      if (this.byRoute().length > 0) return;
      for (const counter of this.#counters.values()) counter.onIdle = undefined;
      this.#idle = undefined;
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
