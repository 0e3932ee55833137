import { CortadoError } from '../../base/error.ts';
import { currentFrame } from '../../concurrency/frame.ts';
import type { Gate } from '../contract/gate.ts';
import { isFinal, type TaskRecord } from '../contract/task-record.ts';
import { taskNotFound } from './task-failure.ts';

/** Options of `handle.result`. */
export interface WaitOptions {
  /** Milliseconds. Default: as long as it takes. */
  readonly timeout?: number;
  /** Ends the wait. Default: the signal of the request or task that waits. */
  readonly signal?: AbortSignal;
}

// Hints of a change may be missed.
const readAgain = 1000;

/** Waits until a task is over. Throws `CORTADO_TIMEOUT`, `CORTADO_TASK_NOT_FOUND`; the reason of the signal. */
export async function waitForTask(
  gate: Gate,
  id: string,
  { timeout, signal = currentFrame()?.signal }: WaitOptions,
): Promise<TaskRecord> {
  const changes = new TaskChanges(gate, id, signal);
  const end = timeout === undefined ? Number.POSITIVE_INFINITY : performance.now() + timeout;
  try {
    for (;;) {
      signal?.throwIfAborted();
      const task = await gate.get(id);
      if (task === undefined) throw taskNotFound(id);
      if (isFinal(task.state)) return task;
      const left = end - performance.now();
      if (left <= 0)
        throw new CortadoError('CORTADO_TIMEOUT', `Task ${id} is still ${task.state} after ${timeout} ms.`, {
          status: 504,
        });
      await changes.next(Math.min(left, readAgain));
    }
  } finally {
    changes.end();
  }
}

/** Hints that a task has changed; one that comes while nobody waits is kept. */
export class TaskChanges {
  readonly #unwatch: () => void;
  readonly #signal: AbortSignal | undefined;
  #pending = false;
  #resolve: (() => void) | undefined;

  constructor(gate: Gate, id: string, signal: AbortSignal | undefined) {
    this.#signal = signal;
    this.#unwatch = gate.watch(id, this.#hint);
    signal?.addEventListener('abort', this.#hint, { once: true });
  }

  /** Resolves at the next hint, or after `ms` milliseconds. */
  next(ms: number): Promise<void> {
    if (this.#pending) {
      this.#pending = false;
      return Promise.resolve();
    }
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, ms);
    this.#resolve = () => {
      this.#pending = false;
      clearTimeout(timer);
      resolve();
    };
    return promise.finally(() => (this.#resolve = undefined));
  }

  end(): void {
    this.#unwatch();
    this.#signal?.removeEventListener('abort', this.#hint);
    this.#resolve?.();
  }

  readonly #hint = (): void => {
    this.#pending = true;
    this.#resolve?.();
  };
}
