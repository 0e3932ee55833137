import { shown } from '../../base/check-values.ts';
import { type CortadoError, invalidOption } from '../../base/error.ts';
import { notAwaited } from '../../base/not-awaited.ts';
import type { NewTask } from '../contract/engine.ts';
import { GroupHandle, groupMembers } from '../watch/group-handle.ts';
import { handleMembers, TaskHandle } from '../watch/task-handle.ts';
import type { Before, Built, FlowPart } from './flow-part.ts';
import type { TaskHost } from './task-host.ts';

// biome-ignore lint/suspicious/noExplicitAny: any part, whatever it takes.
type AnyPart = FlowPart<unknown, any>;

type ResultOf<F> = F extends FlowPart<infer R, never> ? R : never;
type TakenBy<F> = F extends FlowPart<unknown, infer T> ? T : never;

/** Says where the result of a part does not fit what the next one takes, as a compile error. */
export type Linked<S, Before = undefined> = S extends readonly [infer F, ...infer Rest]
  ? [
      unknown extends TakenBy<F>
        ? F
        : Before extends TakenBy<F>
          ? F
          : { readonly 'the result of the part before does not fit what this one takes': never },
      ...Linked<Rest, ResultOf<F>>,
    ]
  : [];

type Last<S> = S extends readonly [...unknown[], infer L] ? ResultOf<L> : never;

/** Tasks one after the other; made by {@link chain}. */
export interface Chain<out R, in Takes = unknown> extends FlowPart<R, Takes> {
  /** Stores all of its tasks at once; returns the handle of the last one. */
  enqueue(): Promise<TaskHandle<R>>;
}

/** Tasks side by side; made by {@link group}. */
export interface Group<out R extends readonly unknown[], in Takes = unknown> extends FlowPart<R, Takes> {
  /** Stores all of its tasks at once. */
  enqueue(): Promise<GroupHandle<R>>;
}

/**
 * Runs tasks one after the other: each starts when the one before has succeeded, and takes its result by the input named `into`. When one
 * does not succeed, those after it are cancelled. All are stored at once, so nothing is lost in between.
 *
 * @example
 * ```ts
 * const handle = await chain(fetchPhoto.with({ url }), resize.with({ width: 100 }, { into: 'photo' })).enqueue();
 * ```
 */
export function chain<const S extends readonly [AnyPart, ...AnyPart[]]>(...parts: S & Linked<S>): Chain<Last<S>> {
  const all = parts as readonly AnyPart[];
  if (all.length === 0) throw invalidOption('chain(): there is nothing in it.');
  const host = hostOf('chain()', all);
  const build = async (before: Before | undefined): Promise<Built> => {
    const tasks: NewTask[] = [];
    let ends = before;
    for (const part of all) {
      const built = await part.build(ends);
      tasks.push(...built.tasks);
      ends = built.ends;
    }
    return { tasks, ends: ends! };
  };
  const enqueue = async (): Promise<TaskHandle<Last<S>>> => {
    const { tasks, ends } = await build(undefined);
    if (ends.isGroup || host === undefined)
      throw invalidOption('chain(): its last part is a group; add a task that takes the results.');
    await host.enqueueAll(tasks, await host.gate.open());
    return new TaskHandle(host.gate, ends.ids[0]!, true);
  };
  return { host, build, enqueue: () => pendingChain(enqueue()) };
}

const pendingChain = notAwaited('chain(…).enqueue()', handleMembers);
const pendingGroup = notAwaited('group(…).enqueue()', groupMembers);

/**
 * Runs tasks side by side; its result is the array of their results, in order. A part of a {@link chain} after it takes that array. A group
 * of nothing, from a list that is empty, hands on `[]`: as Celery does.
 *
 * @example
 * ```ts
 * const total = await chain(group(pages.map((page) => count.with({ page }))), sum.with({}, { into: 'counts' })).enqueue();
 * ```
 */
export function group<R = never, Takes = unknown>(parts: readonly FlowPart<R, Takes>[]): Group<R[], Takes> {
  const host = hostOf('group()', parts);
  const build = async (before: Before | undefined): Promise<Built> => {
    const built = await Promise.all(parts.map((part) => part.build(before)));
    if (built.length === 0) return { tasks: [], ends: { ids: before?.ids ?? [], isGroup: true, isEmpty: true } };
    if (built.some(({ ends }) => ends.isGroup))
      throw invalidOption(
        'group(): a part of it is a group, or a chain that ends with one; add a task that takes the results.',
      );
    const ids = built.flatMap(({ ends }) => ends.ids);
    return { tasks: built.flatMap(({ tasks }) => tasks), ends: { ids, isGroup: true } };
  };
  const enqueue = async (): Promise<GroupHandle<R[]>> => {
    if (host === undefined) return new GroupHandle<R[]>([]);
    const { tasks, ends } = await build(undefined);
    await host.enqueueAll(tasks, await host.gate.open());
    return new GroupHandle(ends.ids.map((id) => new TaskHandle<R>(host.gate, id, true)));
  };
  return { host, build, enqueue: () => pendingGroup(enqueue()) };
}

function hostOf(owner: string, parts: readonly AnyPart[]): TaskHost | undefined {
  if (!Array.isArray(parts))
    throw invalidOption(`${owner} takes one array of parts, [task.with(…)], not ${shown(parts)}.`);
  for (const part of parts) if (typeof part?.build !== 'function') throw noPart(owner, part);
  const hosts = parts.flatMap(({ host }) => host ?? []);
  const [host] = hosts;
  if (hosts.some(({ gate }) => gate !== host!.gate))
    throw invalidOption(`${owner}: its tasks belong to different queues.`);
  return host;
}

function noPart(owner: string, given: unknown): CortadoError {
  const { name, with: part } = (given ?? {}) as { readonly name?: unknown; readonly with?: unknown };
  const what =
    typeof part === 'function'
      ? `takes ${name}.with(…), not the task "${name}" itself`
      : `takes parts, task.with(…) for example, not ${shown(given)}`;
  return invalidOption(`${owner} ${what}.`);
}
