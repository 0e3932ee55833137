import type { QueryResult } from 'kysely';
import { watch } from '../engine/late-signals.ts';
import { afterMicrotasks } from './after-microtasks.ts';
import type { RunOperation } from './thread/protocol.ts';
import type { Asked, Thread } from './thread.ts';

// Large enough to make messages rare under load, small enough to leave work for the other threads.
const mostPerMessage = 32;
// Milliseconds. A thread that is at it for longer than this is not waited for.
const patience = 2;

interface Lane {
  readonly thread: Thread;
  /** When it was last given statements. */
  since: number;
  /** Whether they may still be taken back. */
  isShared: boolean;
}

/**
 * Gives statements that only read to the threads that read. What is asked for in one turn of the loop goes in one message, and while a
 * thread works, what comes in waits for its answer and goes in the next. The first thread gets everything as long as it keeps up, since
 * waking another costs more than a short statement; when it takes long, the others get what it has not begun.
 */
export class Readers {
  readonly #lanes: readonly Lane[];
  #waiting: Asked[] = [];
  #isScheduled = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(threads: readonly Thread[]) {
    this.#lanes = threads.map((thread) => ({ thread, since: 0, isShared: false }));
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  get busy(): number {
    return this.#lanes.filter(({ thread }) => !thread.isIdle).length;
  }

  run(operation: RunOperation, signal?: () => AbortSignal | undefined): Promise<QueryResult<unknown>> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ operation, resolve, reject, wait: signal && watch(signal, reject) });
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
      const lane = this.#free();
      if (lane === undefined) break;
      const asked = this.#waiting.splice(0, mostPerMessage);
      lane.since = performance.now();
      lane.isShared = asked.length > 1;
      lane.thread.send(asked, lane.isShared);
      if (lane.isShared) this.#lookAgainSoon();
    }
    if (this.#waiting.length > 0) this.#lookAgainSoon();
  }

  #free(): Lane | undefined {
    const [first] = this.#lanes;
    if (first!.thread.isIdle) return first;
    return this.#isLate(first!) ? this.#lanes.find(({ thread }) => thread.isIdle) : undefined;
  }

  #isLate({ thread, since }: Lane): boolean {
    return !thread.isIdle && performance.now() - since >= patience;
  }

  #lookAgainSoon(): void {
    this.#timer ??= setTimeout(() => this.#lookAgain(), patience);
  }

  #lookAgain(): void {
    this.#timer = undefined;
    for (const lane of this.#lanes) {
      if (!lane.isShared || !this.#isLate(lane) || this.#free() === undefined) continue;
      lane.isShared = false;
      this.#waiting.unshift(...lane.thread.takeBack());
    }
    this.dispatch();
    if (this.#lanes.some((lane) => lane.isShared && !lane.thread.isIdle)) this.#lookAgainSoon();
  }
}
