import { checkOptions } from '../../base/check-options.ts';
import { CortadoError } from '../../base/error.ts';
import { membersOf, notAwaited } from '../../base/not-awaited.ts';
import type { CancelResult } from '../contract/engine.ts';
import type { LazyGate } from '../contract/lazy-gate.ts';
import { type LogLine, recordMembers, type TaskRecord, type TaskState } from '../contract/task-record.ts';
import { TaskFailure, taskNotFound } from './task-failure.ts';
import { type WaitOptions, waitForTask } from './wait-for-task.ts';

/**
 * One enqueued task, wherever it runs. `R` is what its function returns, as JSON carries it.
 *
 * @example
 * ```ts
 * const handle = await sendEmail.enqueue({ to, content });
 * await handle.result({ timeout: 30_000 });
 * ```
 */
export class TaskHandle<out R> {
  readonly id: string;
  /** `false` when a task with the same id or unique key was there already, and this is that one's handle. */
  readonly created: boolean;
  readonly #gate: LazyGate;

  constructor(gate: LazyGate, id: string, created: boolean) {
    this.#gate = gate;
    this.id = id;
    this.created = created;
  }

  /**
   * Where the task is in its life.
   *
   * @throws CortadoError `CORTADO_TASK_NOT_FOUND`.
   */
  async status(): Promise<TaskState> {
    return (await this.record()).state;
  }

  /** All that is known of the task. */
  record(): Promise<TaskRecord> {
    return pendingRecord(this.#record());
  }

  async #record(): Promise<TaskRecord> {
    const record = await (await this.#gate.open()).get(this.id);
    if (record === undefined) throw taskNotFound(this.id);
    return record;
  }

  /**
   * The lines that the task has logged.
   *
   * @param after Only those after this number. Default 0.
   * @param limit At most so many. Default 1,000.
   * @throws CortadoError `CORTADO_QUEUE_UNSUPPORTED` where the engine keeps none.
   */
  async logs(after = 0, limit = 1000): Promise<readonly LogLine[]> {
    return (await this.#gate.open()).ask('logs', this.id, after, limit);
  }

  /**
   * Waits until the task is over, and returns what its function returned.
   *
   * @throws TaskFailure when it did not succeed; CortadoError `CORTADO_TIMEOUT` or `CORTADO_TASK_NOT_FOUND`.
   */
  async result(options: WaitOptions = {}): Promise<R> {
    checkOptions('handle.result()', options, ['timeout', 'signal']);
    const gate = await this.#gate.open();
    const task = await waitForTask(gate, this.id, options);
    if (task.state !== 'succeeded') throw new TaskFailure(task);
    return gate.resultOf(task) as R;
  }

  /**
   * Cancels the task: one that waits never starts (`cancelled`), one that runs is asked to end through its signal (`requested`), one that is
   * over stays as it is (`over`).
   *
   * @throws CortadoError `CORTADO_TASK_NOT_FOUND`.
   */
  async cancel(reason = 'It was cancelled on request.'): Promise<Exclude<CancelResult, undefined>> {
    const result = await (await this.#gate.open()).cancel(this.id, reason);
    if (result === undefined) throw taskNotFound(this.id);
    return result;
  }

  /**
   * Queues a task that is over and did not succeed once more.
   *
   * @throws CortadoError `CORTADO_TASK_STATE` (409) where it is not over, has succeeded, or another unfinished task has its unique key;
   * `CORTADO_TASK_NOT_FOUND`.
   */
  async retry(): Promise<void> {
    const retried = await (await this.#gate.open()).ask('retry', this.id);
    if (retried === undefined) throw taskNotFound(this.id);
    if (retried === true) return;
    const why =
      typeof retried === 'object'
        ? `cannot be retried while task ${retried.heldBy} is not over: both have the same unique key.`
        : `is ${await this.status()}; only one that failed, expired or was cancelled can be retried.`;
    throw new CortadoError('CORTADO_TASK_STATE', `Task ${this.id} ${why}`, { status: 409 });
  }
}

/** What code would read of a handle. */
export const handleMembers: readonly string[] = membersOf(TaskHandle, 'id', 'created');

const pendingRecord = notAwaited('handle.record()', recordMembers);
