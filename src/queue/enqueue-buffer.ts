import { runOutsideFrames } from '../concurrency/frame.ts';
import type { Enqueued, NewTask } from './engine.ts';
import type { Gate } from './gate.ts';

const mostAtOnce = 500;
const mostInFlight = 2;

interface Waiting {
  readonly task: NewTask;
  readonly resolve: (enqueued: Enqueued) => void;
  readonly reject: (error: unknown) => void;
}

/** Gathers tasks that are enqueued at about the same time, and stores them together: many callers share one write. */
export class EnqueueBuffer {
  readonly #gate: Gate;
  #waiting: Waiting[] = [];
  #inFlight = 0;
  #isScheduled = false;

  constructor(gate: Gate) {
    this.#gate = gate;
  }

  add(task: NewTask): Promise<Enqueued> {
    const { promise, resolve, reject } = Promise.withResolvers<Enqueued>();
    this.#waiting.push({ task, resolve, reject });
    if (!this.#isScheduled) {
      this.#isScheduled = true;
      // The tasks of many requests go together, so their writing belongs to none of these.
      runOutsideFrames(() =>
        queueMicrotask(() => {
          this.#isScheduled = false;
          this.#flush();
        }),
      );
    }
    return promise;
  }

  #flush(): void {
    while (this.#waiting.length > 0 && this.#inFlight < mostInFlight) {
      const batch = this.#waiting.splice(0, mostAtOnce);
      this.#inFlight++;
      void this.#send(batch).finally(() => {
        this.#inFlight--;
        this.#flush();
      });
    }
  }

  async #send(batch: readonly Waiting[]): Promise<void> {
    try {
      const enqueued = await this.#gate.enqueue(batch.map(({ task }) => task));
      for (let at = 0; at < batch.length; at++) batch[at]!.resolve(enqueued[at]!);
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }
}
