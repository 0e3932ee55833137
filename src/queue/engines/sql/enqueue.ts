import { CortadoError } from '../../../base/error.ts';
import type { SqlStore } from '../../../db/store/sql-store.ts';
import type { Enqueued, NewTask } from '../../contract/engine.ts';
import { finalStates, type TaskState } from '../../contract/task-record.ts';
import { follow } from './flows.ts';
import { addEdges, edges, findIds, findTwins, insert, newTasks, twins } from './store/client-statements.ts';
import { ids } from './store/tables.ts';

/** Stores tasks: one statement for all, whatever their number. */
export function enqueueTasks(store: SqlStore, tasks: readonly NewTask[], now: number): Promise<Enqueued[]> {
  if (!hasFlow(tasks)) return insertTasks(store, tasks, now);
  return store.transaction((inside) => insertTasks(inside, tasks, now));
}

function hasFlow(tasks: readonly NewTask[]): boolean {
  return tasks.some(({ after }) => after.length > 0);
}

async function insertTasks(store: SqlStore, tasks: readonly NewTask[], now: number): Promise<Enqueued[]> {
  const given = newTasks.json(tasks.map((task) => newRow(task, now)));
  const created = new Map((await store.run(insert, { rows: given })).map(({ id, seq }) => [id, seq]));
  if (hasFlow(tasks)) await linkTasks(store, tasks, created, now);
  if (created.size === tasks.length) return tasks.map(({ id }) => ({ id, created: true }));
  // A task that is not there now has a twin; or had one, which ended in this moment. Of two with one id or key in a batch, the first was stored.
  const left = new Map(created);
  const refused = tasks.filter(({ id }) => !left.delete(id));
  const rows = twins.json(refused.map(({ id, unique }) => ({ id, unique_key: unique ?? null })));
  const same = await store.run(findTwins, { rows });
  const twinOf = ({ id, unique }: NewTask): string | undefined =>
    same.find((other) => other.id === id)?.id ??
    same.find((other) => unique !== undefined && other.unique_key === unique && !finalStates.includes(other.state))?.id;
  const results = new Map<NewTask, Enqueued>();
  for (const task of refused) {
    const twin = twinOf(task);
    if (twin !== undefined) results.set(task, { id: twin, created: false });
    else results.set(task, (await insertTasks(store, [task], now))[0]!);
  }
  return tasks.map((task) => results.get(task) ?? { id: task.id, created: true });
}

async function linkTasks(
  store: SqlStore,
  tasks: readonly NewTask[],
  created: ReadonlyMap<string, number>,
  now: number,
): Promise<void> {
  const before = await knownBefore(store, tasks);
  const waits = tasks.flatMap(({ id, after }) =>
    created.has(id) ? after.map((other) => ({ task: created.get(id)!, before_id: other })) : [],
  );
  await store.run(addEdges, { rows: edges.json(waits) });
  await follow(store, now, before);
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

// What tasks wait for. Throws where it is not there.
async function knownBefore(store: SqlStore, tasks: readonly NewTask[]): Promise<readonly string[]> {
  const wanted = [...new Set(tasks.flatMap(({ after }) => after))];
  const rows = ids.json(wanted.map((id) => ({ id })));
  const known = new Set((await store.run(findIds, { rows })).map(({ id }) => id));
  for (const { name, after } of tasks) {
    const unknown = after.find((id) => !known.has(id));
    if (unknown !== undefined)
      throw new CortadoError('CORTADO_TASK_NOT_FOUND', `"${name}" waits for ${unknown}, but there is no such task.`);
  }
  return wanted;
}
