import { CortadoError } from '../../../base/error.ts';
import type { Enqueued, NewTask } from '../../contract/engine.ts';
import { finalStates, type TaskState } from '../../contract/task-record.ts';
import { follow } from './flows.ts';
import { addEdges, edges, findIds, findTwins, insert, newTasks, twins } from './store/client-statements.ts';
import type { Runner, SqlStore } from './store/sql-store.ts';
import { ids } from './store/tables.ts';

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
  const created = await insertRows(store, tasks, now, runner);
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
  const rows = twins.json(refused.map(({ id, unique }) => ({ id, unique_key: unique ?? null })));
  const same = await store.run(findTwins, { rows }, runner);
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
  const created = await insertRows(store, tasks, now, runner);
  await refuseUnknown(store, tasks, runner);
  const waits = tasks.flatMap(({ id, after }) =>
    created.has(id) ? after.map((before) => ({ task: created.get(id)!, before_id: before })) : [],
  );
  await store.run(addEdges, { rows: edges.json(waits) }, runner);
  const before = [...new Set(tasks.flatMap(({ after }) => after))];
  await follow(store, now, before, runner);
  if (created.size === tasks.length) return tasks.map(({ id }) => ({ id, created: true }));
  return withSame(store, tasks, created, now, runner);
}

async function insertRows(
  store: SqlStore,
  tasks: readonly NewTask[],
  now: number,
  runner: Runner | undefined,
): Promise<Map<string, number>> {
  const rows = newTasks.json(tasks.map((task) => newRow(task, now)));
  return new Map((await store.run(insert, { rows }, runner)).map(({ id, seq }) => [id, seq]));
}

function newRow(task: NewTask, now: number): Parameters<typeof newTasks.json>[0][number] {
  const { id, name, queue, input, priority, createdAt, runAt, expiresAt, unique, after, headers } = task;
  return {
    id,
    name,
    queue,
    state: (after.length > 0 || runAt > now ? 'scheduled' : 'queued') satisfies TaskState,
    input,
    priority,
    created_at: createdAt,
    run_at: runAt,
    expires_at: expiresAt ?? null,
    unique_key: unique ?? null,
    waits: after.length > 0 ? 1 : 0,
    waits_for: after.length === 0 ? '[]' : JSON.stringify(after),
    headers: JSON.stringify(headers),
  };
}

async function refuseUnknown(store: SqlStore, tasks: readonly NewTask[], runner: Runner): Promise<void> {
  const wanted = [...new Set(tasks.flatMap(({ after }) => after))];
  const rows = ids.json(wanted.map((id) => ({ id })));
  const known = new Set((await store.run(findIds, { rows }, runner)).map(({ id }) => id));
  for (const { name, after } of tasks) {
    const unknown = after.find((id) => !known.has(id));
    if (unknown !== undefined)
      throw new CortadoError('CORTADO_TASK_NOT_FOUND', `"${name}" waits for ${unknown}, but there is no such task.`);
  }
}
