import { checkOptions } from '../../base/check-options.ts';
import { uuid } from '../../base/uuid.ts';
import type { Inputs, Params } from '../../declare/values.ts';
import { encodeTime } from '../engines/celery/wire/time.ts';
import type { Task } from '../enqueue/task.ts';
import type { Call } from './canvas.ts';

/** Options of {@link call}. */
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

const known = ['id', 'queue', 'immutable', 'delay', 'expires', 'priority', 'link', 'linkError'];

/**
 * A call of a task, to be composed with others. Celery's `signature`.
 *
 * @example
 * ```ts
 * const sums = await group([call(add, { x: 1, y: 2 }), call(add, { x: 3, y: 4 })]);
 * ```
 */
export function call<P extends Params, R>(task: Task<P, R>, input: Inputs<P>, options: CallOptions = {}): Call<R> {
  return rest(task, input, options);
}

/**
 * A call that gets its first argument from the one before it.
 *
 * @example
 * ```ts
 * const handle = await send(chain(call(add, { x: 1, y: 2 }), rest(add, { y: 3 })));
 * ```
 */
export function rest<P extends Params, R>(
  { declaration, '~host': host }: Task<P, R>,
  input: Partial<Inputs<P>> = {},
  options: CallOptions = {},
): Call<R> {
  const { name, positional = [], settings } = declaration;
  checkOptions(`call of "${name}"`, options, known);
  const now = Date.now();
  const { id = uuid(now), immutable = false, delay, expires, priority, link, linkError } = options;
  // Without a name here, the queue is the one that is declared for the task, as the engine calls it.
  const queue = options.queue ?? (settings.queue === 'default' ? undefined : settings.queue);
  const kwargs: Record<string, unknown> = { ...input };
  const args = positional.filter((key) => key in kwargs).map((key) => kwargs[key]);
  for (const key of positional) delete kwargs[key];
  const wire = {
    task_id: id,
    ...(queue && { queue }),
    ...(delay !== undefined && { countdown: delay / 1000 }),
    ...(expires !== undefined && { expires: encodeTime(now + expires) }),
    ...(priority !== undefined && { priority }),
    ...(link && { link: link.map(({ signature }) => signature) }),
    ...(linkError && { link_error: linkError.map(({ signature }) => signature) }),
  };
  return { host, id, signature: { task: name, args, kwargs, options: wire, subtask_type: null, immutable } };
}
