import type { Logger } from '../../base/logger.ts';
import { runOutsideFrames } from '../../concurrency/frame.ts';
import { farewell } from '../contract/farewell.ts';
import type { Gate } from '../contract/gate.ts';
import type { TaskState } from '../contract/task-record.ts';
import type { Retention } from '../declare/queue-options.ts';

export interface KeeperOptions {
  readonly gate: Gate;
  readonly log: Logger;
  readonly now: () => number;
  readonly maxCrashes: number;
  readonly keep: Required<Retention>;
  /** Something became due or was recovered. */
  readonly wake: () => void;
  /** What else is to be done from time to time: returns when it wants to be called again, in milliseconds since the epoch. */
  readonly tick: () => Promise<number | undefined>;
}

const often = 1000;
// Where tasks become due all the time, several of them share a look.
const rest = 10;
const pruneEvery = 60_000;
const pruneBatch = 1000;

/** Keeps the tasks in order while a worker runs: promotes, recovers, expires, prunes, and inserts the slots of schedules. */
export class Keeper {
  readonly #options: KeeperOptions;
  #timer: NodeJS.Timeout | undefined;
  #dueAt = Number.POSITIVE_INFINITY;
  #prunedAt = 0;
  #keptAt = Number.NEGATIVE_INFINITY;
  #working: Promise<void> | undefined;
  #isStopped = false;

  constructor(options: KeeperOptions) {
    this.#options = options;
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    await farewell(this.#working);
  }

  /** A task becomes due at this time: looks then, and not a second later. */
  due(at: number): void {
    if (at >= this.#dueAt || this.#isStopped) return;
    this.#dueAt = at;
    if (this.#working === undefined) this.#sleep();
  }

  /** Looks now, and from then on as often as there is something to do. */
  run(): void {
    this.#dueAt = Number.POSITIVE_INFINITY;
    this.#working = this.#keep().finally(() => {
      this.#working = undefined;
      this.#keptAt = performance.now();
      if (!this.#isStopped) this.#sleep();
    });
  }

  #sleep(): void {
    clearTimeout(this.#timer);
    const wanted = Math.min(often, this.#dueAt - this.#options.now());
    const wait = Math.max(1, wanted, this.#keptAt + rest - performance.now());
    this.#timer = runOutsideFrames(() => setTimeout(() => this.run(), wait));
  }

  async #keep(): Promise<void> {
    const { gate, log, maxCrashes, wake, tick } = this.#options;
    try {
      const done = await gate.maintain({ maxCrashes });
      if (done.promoted + done.recovered.length > 0) wake();
      if (done.recovered.length > 0) log.warn({ tasks: done.recovered }, 'tasks of lost workers are queued again');
      if (done.quarantined.length > 0)
        log.error({ tasks: done.quarantined }, `tasks failed because ${maxCrashes} workers were lost while they ran`);
      this.due(done.nextAt ?? Number.POSITIVE_INFINITY);
      this.due((await tick()) ?? Number.POSITIVE_INFINITY);
      await this.#prune();
    } catch (error) {
      if (this.#isStopped) return;
      log.error({ err: error }, 'the queue could not be kept in order; trying again in a second');
    }
  }

  async #prune(): Promise<void> {
    const { gate, now, keep } = this.#options;
    if (!gate.capabilities.prune || performance.now() - this.#prunedAt < pruneEvery) return;
    this.#prunedAt = performance.now();
    for (const [state, age] of Object.entries(keep)) {
      if (!Number.isFinite(age)) continue;
      for (let pruned = pruneBatch; pruned === pruneBatch && !this.#isStopped; )
        pruned = await gate.ask('prune', [state as TaskState], now() - age, pruneBatch);
    }
  }
}
