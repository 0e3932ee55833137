import type { Abortable } from '../../concurrency/ending.ts';
import { RequestAborted } from './request-aborted.ts';

/** What requests in flight, and the work that they deferred, are told by. */
export class Signals {
  /** Fires when a stop waits no longer. */
  readonly ends: Set<Abortable> = new Set();
  readonly #stops = new Set<Abortable>();
  #reason: RequestAborted | undefined;

  /** Adds what is to fire as soon as a stop begins; at once where one has. */
  addStop(stop: Abortable): void {
    if (this.#reason === undefined) this.#stops.add(stop);
    else stop.abort(this.#reason);
  }

  delete(one: Abortable): void {
    this.ends.delete(one);
    this.#stops.delete(one);
  }

  stop(): void {
    this.#reason = new RequestAborted('stopping');
    for (const stop of this.#stops) stop.abort(this.#reason);
    this.#stops.clear();
  }

  /** A stop waits no longer. */
  cut(reason: RequestAborted): void {
    for (const end of this.ends) end.abort(reason);
  }

  /** The stop is over: the app may start again. */
  reset(): void {
    this.#reason = undefined;
  }
}
