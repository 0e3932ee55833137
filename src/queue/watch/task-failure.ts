import { CortadoError } from '../../base/error.ts';
import type { ErrorCode } from '../../base/error-codes.ts';
import type { TaskError, TaskRecord, TaskState } from '../contract/task-record.ts';

/**
 * A task whose result was asked for is over, and did not succeed: `CORTADO_TASK_FAILED`, `CORTADO_TASK_CANCELLED` or
 * `CORTADO_TASK_EXPIRED`. `reason` is the error of its last run.
 *
 * @example
 * ```ts
 * try { await handle.result() } catch (error) { if (error instanceof TaskFailure) console.log(error.state, error.reason?.message) }
 * ```
 */
export class TaskFailure extends CortadoError {
  override name = 'TaskFailure';
  readonly id: string;
  readonly state: TaskState;
  readonly reason: TaskError | undefined;

  constructor({ id, name, state, error }: Pick<TaskRecord, 'id' | 'name' | 'state' | 'error'>) {
    const why = error === undefined ? '' : `: ${error.name}: ${error.message}`;
    super(codes[state] ?? 'CORTADO_TASK_FAILED', `Task "${name}" (${id}) is ${state}${why}`);
    this.id = id;
    this.state = state;
    this.reason = error;
  }
}

const codes: Partial<Record<TaskState, ErrorCode>> = {
  cancelled: 'CORTADO_TASK_CANCELLED',
  expired: 'CORTADO_TASK_EXPIRED',
};

/** There is no task with this id: 404 in a request. */
export function taskNotFound(id: string): CortadoError {
  return new CortadoError('CORTADO_TASK_NOT_FOUND', `There is no task ${id}.`, { status: 404 });
}
