import type { Claim } from '../../contract/engine.ts';
import type { TakenJob } from './jobs.ts';

/** A job that came along with the end of another one of its queue. */
export interface Arrival {
  readonly queue: string;
  readonly taken: TakenJob;
}

export interface ArrivalsOptions {
  /** Starts jobs for the worker; those that are not to be run are left out. Never rejects. */
  readonly start: (arrivals: readonly Arrival[]) => Promise<readonly Claim[]>;
  /** Hands claims back that no worker asked for; resolves when they stand in their queues again. Never rejects. */
  readonly giveBack: (claims: readonly Claim[]) => Promise<unknown>;
  /** There is something to take. */
  readonly wake: () => void;
  /** Milliseconds that a job may be held, its lock and the ledger's lease considered. */
  readonly lease: () => number;
}

// Milliseconds until a worker that does not ask has stopped asking: it ends, or its loop is blocked.
const patience = 1000;

/** Jobs that come along with the end of another: started as they arrive, so that the worker does not wait for Redis when it asks for them. */
export class JobArrivals {
  readonly #options: ArrivalsOptions;
  /** Ends on their way that will bring a job along, and jobs that are being started. */
  readonly #coming = new Map<string, number>();
  readonly #claims = new Map<string, Claim[]>();
  readonly #starting = new Set<Promise<void>>();
  #returning: Promise<void> | undefined;
  #arrived: Arrival[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(options: ArrivalsOptions) {
    this.#options = options;
  }

  /** How many may come for places that are free already. */
  coming(queue: string): number {
    return this.#coming.get(queue) ?? 0;
  }

  /** An end is on its way that will bring a job along: nobody takes one for its place meanwhile. {@link bring} or {@link forgo} follows. */
  expect(queue: string): void {
    this.#count(queue, 1);
  }

  /** The end that was expected brings no job along. */
  forgo(queue: string): void {
    this.#count(queue, -1);
    this.#options.wake();
  }

  /** Ends a job; the one that comes along, as was expected, arrives. */
  async bring(queue: string, end: () => Promise<TakenJob | undefined>): Promise<void> {
    try {
      const taken = await end();
      if (taken === undefined) this.#count(queue, -1);
      else this.#arrive({ queue, taken });
    } catch (error) {
      this.#count(queue, -1);
      throw error;
    }
  }

  take(queue: string, limit: number): readonly Claim[] {
    const claims = this.#claims.get(queue)?.splice(0, limit) ?? [];
    if (this.#timer !== undefined && ![...this.#claims.values()].some(({ length }) => length > 0)) {
      clearTimeout(this.#timer);
      this.#timer = undefined;
    }
    return claims;
  }

  /** Takes claims back that could not be given out. */
  put(claims: readonly Claim[]): void {
    for (const claim of claims) {
      const known = this.#claims.get(claim.queue);
      if (known === undefined) this.#claims.set(claim.queue, [claim]);
      else known.push(claim);
    }
    if (claims.length > 0)
      this.#timer ??= setTimeout(() => void this.giveBack(), Math.min(patience, this.#options.lease() / 3));
  }

  /** Hands back what nobody took. */
  giveBack(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const claims = [...this.#claims.values()].flat();
    this.#claims.clear();
    if (claims.length === 0) return this.#returning ?? Promise.resolve();
    const returning = Promise.all([this.#returning, this.#options.giveBack(claims)]).then(() => {
      if (this.#returning === returning) this.#returning = undefined;
    });
    return (this.#returning = returning);
  }

  /** Resolves when what is being handed back stands in its queue again, before those that came after it. */
  get returning(): Promise<void> | undefined {
    return this.#returning;
  }

  /** {@link giveBack}, what is being started included. */
  async close(): Promise<void> {
    while (this.#starting.size > 0) await Promise.all(this.#starting);
    await this.giveBack();
  }

  #arrive(arrival: Arrival): void {
    this.#arrived.push(arrival);
    if (this.#arrived.length > 1) return;
    // Many arrive with one packet.
    const { promise, resolve } = Promise.withResolvers<void>();
    const started = promise.then(() => this.#start());
    this.#starting.add(started);
    void started.then(() => this.#starting.delete(started));
    setImmediate(resolve);
  }

  async #start(): Promise<void> {
    const arrived = this.#arrived;
    this.#arrived = [];
    const claims = await this.#options.start(arrived);
    for (const { queue } of arrived) this.#count(queue, -1);
    this.put(claims);
    this.#options.wake();
  }

  #count(queue: string, by: number): void {
    this.#coming.set(queue, this.coming(queue) + by);
  }
}
