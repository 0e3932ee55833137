import type { TaskFilter, TaskPage } from '../../contract/engine.ts';
import { checkCursor } from '../../contract/task-filter.ts';
import { recordOf, type TaskRow } from './store/rows.ts';
import type { SqlStore } from './store/sql-store.ts';
import { statement } from './store/statement.ts';
import { taskIntegers } from './store/tables.ts';

/** One page of tasks, newest first: the cursor is the number of the last row. */
export async function listRows(
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
  const rows = await store.runOnce(statement<object, TaskRow>(sql, ...taskIntegers), {
    ...wanted,
    queue,
    name,
    before: Number(cursor),
    limit: limit + 1,
  });
  const page = rows.slice(0, limit);
  return { tasks: page.map(recordOf), cursor: rows.length > limit ? String(page.at(-1)!.seq) : undefined };
}
