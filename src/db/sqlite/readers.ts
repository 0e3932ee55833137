import type { QueryResult } from 'kysely';
import type { RunOperation } from './protocol.ts';
import type { Asked, Thread } from './thread.ts';

// Large enough to make messages rare under load, small enough to leave work for the other threads.
const mostPerMessage = 32;
// Milliseconds. A thread that is at it for longer than this is not waited for.
const patience = 2;

/**
 * Gives statements that only read to the threads that read. What is asked for in one turn of the loop goes in one message, and while a
 * thread works, what comes in waits for its answer and goes in the next. The first thread gets everything as long as it keeps up, since
 * waking another costs more than a short statement; the others help when it takes long.
 */
export class Readers {
  readonly #threads: readonly Thread[];
  readonly #since: number[];
  #waiting: Asked[] = [];
  #isScheduled = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(threads: readonly Thread[]) {
    this.#threads = threads;
    this.#since = threads.map(() => 0);
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  run(operation: RunOperation): Promise<QueryResult<unknown>> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ operation, resolve, reject });
      if (this.#isScheduled) return;
      this.#isScheduled = true;
      afterMicrotasks(() => {
        this.#isScheduled = false;
        this.dispatch();
      });
    });
  }

  /** Hands out what waits, as far as threads are free. */
  dispatch(): void {
    while (this.#waiting.length > 0) {
      const index = this.#free();
      if (index < 0) break;
      this.#since[index] = performance.now();
      this.#threads[index]!.send(this.#waiting.splice(0, mostPerMessage));
    }
    if (this.#waiting.length > 0) this.#timer ??= setTimeout(() => this.#lookAgain(), patience);
  }

  #free(): number {
    if (this.#threads[0]!.isIdle) return 0;
    if (performance.now() - this.#since[0]! < patience) return -1;
    return this.#threads.findIndex((thread) => thread.isIdle);
  }

  #lookAgain(): void {
    this.#timer = undefined;
    this.dispatch();
  }
}

/** Calls `fn` when the promises that are settled right now have been followed, so that what they ask for goes along. */
export function afterMicrotasks(fn: () => void): void {
  queueMicrotask(() => process.nextTick(fn));
}
