import { CortadoError } from '../../../base/error.ts';
import type { Enqueued, NewTask } from '../../contract/engine.ts';
import { finalStates, type TaskState } from '../../contract/task-record.ts';
import { follow } from './flows.ts';
import { insertValues } from './store/rows.ts';
import { json, type Runner, type SqlStore } from './store/sql-store.ts';

interface Inserted {
  readonly id: string;
  readonly seq: number | string;
}

interface Same {
  readonly id: string;
  readonly unique_key: string | null;
  readonly state: TaskState;
}

/** Stores tasks: one statement for all, whatever their number. */
export async function enqueueTasks(
  store: SqlStore,
  tasks: readonly NewTask[],
  now: number,
  runner?: Runner,
): Promise<Enqueued[]> {
  if (!tasks.some(({ after }) => after.length > 0)) return insertTasks(store, tasks, now, runner);
  const work = (inside: Runner): Promise<Enqueued[]> => insertFlow(store, tasks, now, inside);
  return runner === undefined ? store.transaction(work) : work(runner);
}

async function insertTasks(
  store: SqlStore,
  tasks: readonly NewTask[],
  now: number,
  runner: Runner | undefined,
): Promise<Enqueued[]> {
  const created = await insert(store, tasks, now, runner);
  if (created.size === tasks.length) return tasks.map(({ id }) => ({ id, created: true }));
  return withSame(store, tasks, created, now, runner);
}

// A task that is not there now has a twin; or had one, which ended in this moment.
async function withSame(
  store: SqlStore,
  tasks: readonly NewTask[],
  created: ReadonlyMap<string, number>,
  now: number,
  runner: Runner | undefined,
): Promise<Enqueued[]> {
  const refused = refusedOf(tasks, created);
  const keys = json(refused.map(({ id, unique }) => [id, unique ?? null]));
  const same = await store.run<Same>('findSame', [keys, keys], runner);
  const twinOf = ({ id, unique }: NewTask): string | undefined =>
    same.find((other) => other.id === id)?.id ??
    same.find((other) => unique !== undefined && other.unique_key === unique && !finalStates.includes(other.state))?.id;
  const results = new Map<NewTask, Enqueued>();
  for (const task of refused) {
    const twin = twinOf(task);
    if (twin !== undefined) results.set(task, { id: twin, created: false });
    else results.set(task, (await insertTasks(store, [task], now, runner))[0]!);
  }
  return tasks.map((task) => results.get(task) ?? { id: task.id, created: true });
}

// Of two with one id or key in a batch, the first was stored.
function refusedOf(tasks: readonly NewTask[], created: ReadonlyMap<string, number>): NewTask[] {
  const left = new Map(created);
  return tasks.filter(({ id }) => !left.delete(id));
}

async function insertFlow(
  store: SqlStore,
  tasks: readonly NewTask[],
  now: number,
  runner: Runner,
): Promise<Enqueued[]> {
  const created = await insert(store, tasks, now, runner);
  await refuseUnknown(store, tasks, runner);
  const edges = tasks.flatMap(({ id, after }) =>
    created.has(id) ? after.map((before) => [created.get(id)!, before]) : [],
  );
  await store.run('addEdges', [json(edges)], runner);
  const before = [...new Set(tasks.flatMap(({ after }) => after))];
  await follow(store, now, before, runner);
  if (created.size === tasks.length) return tasks.map(({ id }) => ({ id, created: true }));
  return withSame(store, tasks, created, now, runner);
}

async function insert(
  store: SqlStore,
  tasks: readonly NewTask[],
  now: number,
  runner: Runner | undefined,
): Promise<Map<string, number>> {
  const rows = await store.run<Inserted>('insert', [json(tasks.map((task) => insertValues(task, now)))], runner);
  return new Map(rows.map(({ id, seq }) => [id, Number(seq)]));
}

async function refuseUnknown(store: SqlStore, tasks: readonly NewTask[], runner: Runner): Promise<void> {
  const wanted = [...new Set(tasks.flatMap(({ after }) => after))];
  const known = new Set(
    (await store.run<{ id: string }>('findIds', [json(wanted.map((id) => [id]))], runner)).map(({ id }) => id),
  );
  for (const { name, after } of tasks) {
    const unknown = after.find((id) => !known.has(id));
    if (unknown !== undefined)
      throw new CortadoError('CORTADO_TASK_NOT_FOUND', `"${name}" waits for ${unknown}, but there is no such task.`);
  }
}
