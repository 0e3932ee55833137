import type { StandardSchemaV1 } from '@standard-schema/spec';
import { checkOptions } from '../../base/check-options.ts';
import { uuid } from '../../base/uuid.ts';
import type { Inputs, Params } from '../../declare/values.ts';
import { encodeTime } from '../engines/celery/wire/time.ts';
import type { EnqueueArguments, Task, TaskResult } from '../enqueue/task.ts';
import type { Queue } from '../queue.ts';
import type { TaskHandle } from '../watch/task-handle.ts';
import type { Call } from './canvas.ts';

/** Options of {@link celeryTask}. */
export interface CeleryTaskOptions<P extends Params, S extends StandardSchemaV1 | undefined> {
  /** The queue of Cortado that sends it. */
  readonly on: Queue;
  /** Schemas of its keyword arguments. */
  readonly params?: P;
  /** Schema of what it returns; types the result. */
  readonly result?: S;
  /** Celery's queue that it goes to. Default: the one that is Cortado's `default`. */
  readonly queue?: string;
  /** Parameters that are sent by position, in this order. Default: all by name. */
  readonly positional?: readonly (keyof P & string)[];
  /** Higher is more urgent, as for every task here. Default 0. */
  readonly priority?: number;
  /** Milliseconds after which it is not started any more. Default: never. */
  readonly expires?: number;
}

/** Options of {@link CeleryTask.call}. */
export interface CallOptions {
  readonly id?: string;
  readonly queue?: string;
  /** Does not take the result of the call before it. Default `false`. */
  readonly immutable?: boolean;
  /** Milliseconds until it is due. */
  readonly delay?: number;
  /** Milliseconds after which it is not started any more. */
  readonly expires?: number;
  /** Celery's own number. */
  readonly priority?: number;
  /** Called with the result when it succeeds. */
  readonly link?: readonly Call<unknown>[];
  /** Called with the id of the task when it fails. */
  readonly linkError?: readonly Call<unknown>[];
}

const callOptions = ['id', 'queue', 'immutable', 'delay', 'expires', 'priority', 'link', 'linkError'];

/** A task whose code lives in Python. */
export interface CeleryTask<P extends Params, R> {
  readonly name: string;
  /** Validates the input, sends the task and returns its handle. */
  readonly enqueue: (...args: EnqueueArguments<P>) => Promise<TaskHandle<R>>;
  /** A call to be composed with others. */
  readonly call: (input: Inputs<P>, options?: CallOptions) => Call<R>;
  /** A call that gets its first argument from the one before it. */
  readonly rest: (input?: Partial<Inputs<P>>, options?: CallOptions) => Call<R>;
}

/**
 * Declares a task that a Celery worker serves, so that calling it is as safe as calling a function: input and result are typed and checked.
 *
 * @throws CortadoError at declaration.
 * @example
 * ```ts
 * const add = celeryTask('app.add', { on: queue, params: { x: z.int(), y: z.int() }, result: z.int() });
 * const sum = await (await add.enqueue({ x: 1, y: 2 })).result({ timeout: 5000 });
 * ```
 */
export function celeryTask<P extends Params = Record<never, never>, S extends StandardSchemaV1 | undefined = undefined>(
  name: string,
  options: CeleryTaskOptions<P, S>,
): CeleryTask<P, TaskResult<unknown, S>> {
  checkOptions(`celeryTask("${name}")`, options, [
    'on',
    'params',
    'result',
    'queue',
    'positional',
    'priority',
    'expires',
  ]);
  const { on, params, result, queue, positional, priority, expires } = options;
  const task = on.remote(name, {
    ...(params && { params }),
    ...(result && { returns: result }),
    ...(queue !== undefined && { queue }),
    ...(priority !== undefined && { priority }),
    ...(expires !== undefined && { expires }),
    ...(positional && { positional }),
  }) as Task<P, TaskResult<unknown, S>>;
  const call = (input: object, given: CallOptions = {}): Call<TaskResult<unknown, S>> =>
    makeCall(on, name, input, { ...(queue && { queue }), ...given }, positional);
  return { name, enqueue: (...args) => task.enqueue(...args), call, rest: (input = {}, given) => call(input, given) };
}

function makeCall(
  queue: Queue,
  task: string,
  input: object,
  options: CallOptions,
  positional: readonly string[] = [],
): Call<never> {
  checkOptions(`"${task}".call()`, options, callOptions);
  const now = Date.now();
  const { id = uuid(now), immutable = false, delay, expires, priority, link, linkError } = options;
  const kwargs: Record<string, unknown> = { ...input };
  const args = positional.filter((name) => name in kwargs).map((name) => kwargs[name]);
  for (const name of positional) delete kwargs[name];
  const wire = {
    task_id: id,
    ...(options.queue && { queue: options.queue }),
    ...(delay !== undefined && { countdown: delay / 1000 }),
    ...(expires !== undefined && { expires: encodeTime(now + expires) }),
    ...(priority !== undefined && { priority }),
    ...(link && { link: link.map(({ signature }) => signature) }),
    ...(linkError && { link_error: linkError.map(({ signature }) => signature) }),
  };
  return { queue, id, signature: { task, args, kwargs, options: wire, subtask_type: null, immutable } };
}
