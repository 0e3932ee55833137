import { CortadoError } from '../../../base/error.ts';
import type { Session } from '../../../db/session/session.ts';
import type { SqlStore } from '../../../db/store/sql-store.ts';
import { statement } from '../../../db/store/statement.ts';
import type { TaskFilter, TaskPage, TaskStorage } from '../../contract/engine.ts';
import { cancelledBecause } from '../../contract/task-errors.ts';
import { checkCursor } from '../../contract/task-filter.ts';
import type { TaskState } from '../../contract/task-record.ts';
import { enqueueTasks } from './enqueue.ts';
import { follow } from './flows.ts';
import type { SqlTasks } from './sql-tasks.ts';
import { addEdges, cancel, counts, edges, findHolder, get, logs, prune, retry } from './store/client-statements.ts';
import { recordOf, type TaskRow } from './store/rows.ts';
import { states } from './store/tables.ts';

/** The clients' half of the engine in a database, which is its own where no app has it. */
export function sqlStorage(shared: SqlTasks, isOwner: boolean): TaskStorage {
  const { database, store, watch, host } = shared;

  async function retryOnce(id: string): Promise<{ readonly value: boolean | undefined }> {
    const now = host.clock.now();
    const isRetried = await store.transaction(async (inside) => {
      const [row] = await inside.run(retry, { now, id });
      if (row === undefined) return false;
      const before = JSON.parse(row.waits_for) as string[];
      if (before.length === 0) return true;
      shared.hasFlows = true;
      const rows = edges.json(before.map((other) => ({ task: row.seq, before_id: other })));
      await inside.run(addEdges, { rows });
      await follow(inside, now, before);
      return true;
    });
    if (!isRetried) return { value: (await storage.get(id)) === undefined ? undefined : false };
    watch.notify(id);
    shared.announce();
    return { value: true };
  }

  const storage: TaskStorage = {
    // A database that is the app's own tells that itself.
    get away() {
      return isOwner ? database['~problem'] : undefined;
    },

    async check() {
      if (isOwner) await database['~check']();
    },

    currentTransaction: () => database.current(),

    async enqueue(tasks, transaction) {
      const session = transaction as Session<unknown> | undefined;
      const now = host.clock.now();
      if (tasks.some(({ after }) => after.length > 0)) shared.hasFlows = true;
      const enqueued = await enqueueTasks(store.within(session), tasks, now);
      if (!tasks.some(({ runAt }) => runAt <= now)) return enqueued;
      if (session === undefined) shared.announce();
      else session.afterCommit(() => shared.announce());
      return enqueued;
    },

    async get(id) {
      // Inside of a transaction its own tasks are there already.
      const [row] = await store.within(database.current()).run(get, { id });
      return row && recordOf(row);
    },

    async cancel(id, reason) {
      const now = host.clock.now();
      const error = JSON.stringify(cancelledBecause(reason));
      const [row] = await store.run(cancel, { error, now, id });
      if (row === undefined) return (await storage.get(id)) === undefined ? undefined : 'over';
      watch.notify(id);
      if (row.state === 'running') {
        host.interrupt();
        shared.notify();
        return 'requested';
      }
      shared.followed(await follow(store, now, [id]));
      return 'cancelled';
    },

    watch: (id, listener) => watch.add(id, listener),

    logs: (id, after, limit) => store.run(logs, { id, after, limit }),

    list: (filter, limit, cursor) => listRows(store, filter, limit, cursor),

    async counts() {
      const found: Record<string, Partial<Record<TaskState, number>>> = {};
      for (const { queue, state, tasks } of await store.run(counts, {})) (found[queue] ??= {})[state] = tasks;
      return found;
    },

    async retry(id) {
      for (;;) {
        const result = await retryOnce(id).catch((error: unknown) => {
          if (error instanceof CortadoError && error.code === 'CORTADO_DB_UNIQUE') return undefined;
          throw error;
        });
        if (result !== undefined) return result.value;
        // Another has its unique key; or had it, and has ended in this moment.
        const [holder] = await store.run(findHolder, { id });
        if (holder !== undefined) return { heldBy: holder.id };
      }
    },

    async prune(wanted, before, limit) {
      const rows = states.json(wanted.map((state) => ({ state })));
      return (await store.run(prune, { rows, before, limit })).length;
    },
  };
  return storage;
}

/** One page of tasks, newest first: the cursor is the number of the last row. */
async function listRows(
  store: SqlStore,
  { states, queue, name }: TaskFilter,
  limit: number,
  cursor: string | undefined,
): Promise<TaskPage> {
  checkCursor(cursor);
  const conditions = ['1 = 1'];
  if (cursor !== undefined) conditions.push('seq < :before');
  if (states !== undefined) conditions.push(`state in (${states.map((_, at) => `:state${at}`).join(', ') || 'null'})`);
  if (queue !== undefined) conditions.push('queue = :queue');
  if (name !== undefined) conditions.push('name = :name');
  const sql = `select * from cortado_tasks where ${conditions.join(' and ')} order by seq desc limit :limit`;
  const wanted = Object.fromEntries(states?.map((state, at) => [`state${at}`, state]) ?? []);
  const rows = await store.runOnce(statement<object, TaskRow>(sql), {
    ...wanted,
    queue,
    name,
    before: Number(cursor),
    limit: limit + 1,
  });
  const page = rows.slice(0, limit);
  return { tasks: page.map(recordOf), cursor: rows.length > limit ? String(page.at(-1)!.seq) : undefined };
}
