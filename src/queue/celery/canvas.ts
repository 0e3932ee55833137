import { uuid } from '../../base/uuid.ts';
import type { Signature } from '../contract/signature.ts';
import { withOptions } from '../engines/celery/wire/signature.ts';
import type { TaskHost } from '../enqueue/task-host.ts';
import { TaskHandle } from '../watch/task-handle.ts';
import type { WaitOptions } from '../watch/wait-for-task.ts';

/** A call of a task that can be composed with others: sent alone it is a task; see {@link chain}, {@link group} and {@link chord}. */
export interface Call<out R> {
  /** The queue that sends it. */
  readonly host: TaskHost;
  /** Id of the task whose result is the result of all. */
  readonly id: string;
  readonly signature: Signature;
  readonly '~result'?: R;
}

/** The handle of tasks that run side by side. */
export interface GroupHandle<out R> {
  readonly handles: readonly TaskHandle<R>[];
  /** All results, in the order of the calls. Throws the first failure. */
  readonly results: (options?: WaitOptions) => Promise<R[]>;
}

/** Sends a call, and returns the handle of its result. */
export async function send<R>(call: Call<R>): Promise<TaskHandle<R>> {
  await (await call.host.gate.open()).ask('sendSignature', call.signature);
  return handleOf(call);
}

/**
 * One task after the other; each gets the result of the one before as its first argument, unless it is `immutable`. Celery's `chain`.
 *
 * @example
 * ```ts
 * const handle = await send(chain(call(add, { x: 1, y: 2 }), rest(double)));
 * ```
 */
export function chain<R>(first: Call<unknown>, ...rest: readonly [...Call<unknown>[], Call<R>]): Call<R> {
  const calls = [first, ...rest];
  return composed('chain', { tasks: calls.map((call) => call.signature) }, first.host, calls.at(-1)!.id);
}

/**
 * Sends tasks that run side by side. Celery's `group`.
 *
 * @example
 * ```ts
 * const sums = await (await group([call(add, { x: 1, y: 2 }), call(add, { x: 3, y: 4 })])).results({ timeout: 5000 });
 * ```
 */
export async function group<R>(calls: readonly Call<R>[]): Promise<GroupHandle<R>> {
  const id = uuid(Date.now());
  for (const { host, signature } of calls)
    await (await host.gate.open()).ask('sendSignature', withOptions(signature, { group_id: id }));
  const handles = calls.map(handleOf);
  return { handles, results: (options = {}) => Promise.all(handles.map((handle) => handle.result(options))) };
}

/**
 * Tasks that run side by side, and one more that gets the list of their results. Celery's `chord`; it needs a result store in Redis.
 *
 * @example
 * ```ts
 * const total = await send(chord([call(add, { x: 1, y: 2 }), call(add, { x: 3, y: 4 })], rest(sum)));
 * ```
 */
export function chord<R>(header: readonly Call<unknown>[], body: Call<R>): Call<R> {
  const tasks = header.map((call) => call.signature);
  return composed('chord', { header: tasks, body: body.signature, kwargs: {} }, body.host, body.id);
}

function handleOf<R>({ host, id }: Call<R>): TaskHandle<R> {
  return new TaskHandle(host.gate, id, false);
}

function composed<R>(kind: 'chain' | 'chord', kwargs: Signature['kwargs'], host: TaskHost, id: string): Call<R> {
  const signature = { args: [], immutable: false, task: `celery.${kind}`, kwargs, options: { task_id: id } };
  return { host, id, signature: { ...signature, subtask_type: kind } };
}
