import { CortadoError } from '../../base/error.ts';
import { runOutsideFrames } from '../../concurrency/frame.ts';
import type { Enqueued, NewTask } from '../contract/engine.ts';
import { PartialFailure } from '../contract/partial-failure.ts';

const mostAtOnce = 500;
const mostInFlight = 2;

interface Waiting {
  readonly task: NewTask;
  readonly resolve: (enqueued: Enqueued) => void;
  readonly reject: (error: unknown) => void;
}

/** Gathers tasks that are enqueued at about the same time, and stores them together: many callers share one write. */
export class EnqueueBuffer {
  readonly #store: (tasks: readonly NewTask[]) => Promise<readonly Enqueued[]>;
  #waiting: Waiting[] = [];
  #inFlight = 0;
  #isScheduled = false;

  constructor(store: (tasks: readonly NewTask[]) => Promise<readonly Enqueued[]>) {
    this.#store = store;
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

  // One task that cannot be stored is no reason for its neighbours not to be.
  async #send(batch: readonly Waiting[]): Promise<void> {
    try {
      const enqueued = await this.#store(batch.map(({ task }) => task));
      for (let at = 0; at < batch.length; at++) batch[at]!.resolve(enqueued[at]!);
    } catch (error) {
      if (error instanceof PartialFailure) {
        for (const [at, { task, resolve, reject }] of batch.entries()) {
          const problem = error.problems[at];
          if (problem === undefined) resolve({ id: task.id, created: true });
          else reject(problem);
        }
      } else if (batch.length === 1 || isAway(error)) for (const { reject } of batch) reject(error);
      else for (const one of batch) await this.#send([one]);
    }
  }
}

// Asked for each of them, a server that does not answer would be waited for as often.
function isAway(error: unknown): boolean {
  return error instanceof CortadoError && error.status === 503;
}
