import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { Inputs, Params } from '../../declare/values.ts';
import type { RemoteTaskOptions } from '../declare/task-options.ts';
import type { EnqueueArguments, TaskResult } from '../enqueue/task.ts';
import type { Queue } from '../queue.ts';
import type { TaskHandle } from '../watch/task-handle.ts';
import { type CallOptions, call, rest } from './call.ts';
import type { Call } from './canvas.ts';

/** Options of {@link celeryTask}. */
export interface CeleryTaskOptions<P extends Params, S extends StandardSchemaV1 | undefined>
  extends Omit<RemoteTaskOptions<P, S>, 'returns'> {
  /** The queue of Cortado that sends it. */
  readonly on: Queue;
  /** Schema of what it returns; types the result. */
  readonly result?: S;
}

/** What {@link celeryTask} gives. */
export interface CeleryTask<P extends Params, R> {
  readonly name: string;
  readonly enqueue: (...args: EnqueueArguments<P>) => Promise<TaskHandle<R>>;
  readonly call: (input: Inputs<P>, options?: CallOptions) => Call<R>;
  readonly rest: (input?: Partial<Inputs<P>>, options?: CallOptions) => Call<R>;
}

/**
 * Declares a task that a Celery worker serves.
 *
 * @deprecated `queue.remote(name, { params, returns })` declares it, {@link call} and {@link rest} compose it. It goes with the next version.
 * @example
 * ```ts
 * const add = celeryTask('app.add', { on: queue, params: { x: z.int(), y: z.int() }, result: z.int() });
 * ```
 */
export function celeryTask<P extends Params = Record<never, never>, S extends StandardSchemaV1 | undefined = undefined>(
  name: string,
  { on, result, ...options }: CeleryTaskOptions<P, S>,
): CeleryTask<P, TaskResult<unknown, S>> {
  const task = on.remote<P, S>(name, { ...options, ...(result && { returns: result }) });
  return {
    name,
    enqueue: (...args) => task.enqueue(...args),
    call: (input, given) => call(task, input, given),
    rest: (input, given) => rest(task, input, given),
  };
}
