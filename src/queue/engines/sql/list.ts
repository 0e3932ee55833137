import { checkCursor } from '../../contract/check-cursor.ts';
import type { TaskFilter, TaskPage } from '../../contract/engine.ts';
import { recordOf, type TaskRow } from './store/rows.ts';
import type { SqlStore } from './store/sql-store.ts';

/** One page of tasks, newest first: the cursor is the number of the last row. */
export async function listTasks(
  store: SqlStore,
  { states, queue, name }: TaskFilter,
  limit: number,
  cursor: string | undefined,
): Promise<TaskPage> {
  checkCursor(cursor);
  const conditions: string[] = ['1 = 1'];
  const values: unknown[] = [];
  const where = (condition: string, ...given: readonly unknown[]): void => {
    conditions.push(condition);
    values.push(...given);
  };
  if (cursor !== undefined) where('seq < ?', Number(cursor));
  if (states !== undefined) where(`state in (${states.map(() => '?').join(', ') || 'null'})`, ...states);
  if (queue !== undefined) where('queue = ?', queue);
  if (name !== undefined) where('name = ?', name);
  const sql = `select * from cortado_tasks where ${conditions.join(' and ')} order by seq desc limit ?`;
  const rows = await store.runText<TaskRow>(sql, [...values, limit + 1]);
  const page = rows.slice(0, limit);
  return { tasks: page.map(recordOf), cursor: rows.length > limit ? String(page.at(-1)!.seq) : undefined };
}
