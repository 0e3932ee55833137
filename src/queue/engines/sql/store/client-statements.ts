import { type JsonRows, jsonRows, type Statement, statement } from '../../../../db/store/statement.ts';
import type { LogLine, TaskState } from '../../../contract/task-record.ts';
import type { TaskRow } from './rows.ts';
import { all, ids, integers, open, type Rows, states, tasksTable } from './tables.ts';

const newColumns = [
  'id',
  'name',
  'queue',
  'state',
  'input',
  'priority',
  'created_at',
  'run_at',
  'expires_at',
  'unique_key',
  'waits',
  'waits_for',
  'headers',
] as const;
export const newTasks: JsonRows<(typeof newColumns)[number]> = jsonRows(...newColumns);

export const insert: Statement<Rows, Pick<TaskRow, 'id' | 'seq'>> = statement(({ each }) => {
  const values = newColumns.map((name) => (integers.has(name) ? newTasks.integer(name) : newTasks.text(name)));
  return `insert into ${tasksTable} (${newColumns.join(', ')})
select ${values.join(', ')} from ${each} where true on conflict do nothing returning id, seq`;
});

/** The ids and unique keys of tasks whose twins are looked for. */
export const twins: JsonRows<'id' | 'unique_key'> = jsonRows('id', 'unique_key');

export const findTwins: Statement<Rows, Pick<TaskRow, 'id' | 'unique_key' | 'state'>> = statement(
  ({ each }) => `select id, unique_key, state from ${tasksTable} where id in (select ${twins.text('id')} from ${each})
union all select id, unique_key, state from ${tasksTable} where state in ${open} and unique_key in
(select ${twins.text('unique_key')} from ${each} where ${twins.text('unique_key')} is not null)`,
);

export const edges: JsonRows<'task' | 'before_id'> = jsonRows('task', 'before_id');

export const addEdges: Statement<Rows, unknown> = statement(
  ({ each }) => `insert into cortado_task_edges (task, before_id)
select ${edges.integer('task')}, ${edges.text('before_id')} from ${each} where true on conflict do nothing`,
);

export const findIds: Statement<Rows, { readonly id: string }> = statement(
  ({ each }) => `select id from ${tasksTable} where id in (select ${ids.text('id')} from ${each})`,
);

export const get: Statement<{ readonly id: string }, TaskRow> = statement(
  `select ${all} from ${tasksTable} where id = :id`,
);

export const versions: Statement<Rows, { readonly id: string; readonly version: number }> = statement(
  ({ each }) => `select id, version from ${tasksTable} where id in (select ${ids.text('id')} from ${each})`,
);

export const cancel: Statement<
  { readonly error: string; readonly now: number; readonly id: string },
  { readonly state: TaskState }
> = statement(`update ${tasksTable} set cancel_requested = 1, version = version + 1,
error = case when state = 'running' then error else :error end, finished_at = case when state = 'running' then finished_at else :now end,
state = case when state = 'running' then state else 'cancelled' end
where id = :id and state in ${open} returning state`);

export const retry: Statement<
  { readonly now: number; readonly id: string },
  { readonly seq: number; readonly waits_for: string }
> = statement(
  `update ${tasksTable} set state = case when waits_for <> '[]' or run_at > :now then 'scheduled' else 'queued' end,
waits = case when waits_for <> '[]' then 1 else 0 end, attempt = 0, crashes = 0, error = null, finished_at = null, progress = null,
cancel_requested = 0, expires_at = null, version = version + 1
where id = :id and state in ('failed', 'cancelled', 'expired') returning seq, waits_for`,
);

/** The unfinished task that has the unique key of one that is over. */
export const findHolder: Statement<{ readonly id: string }, { readonly id: string }> = statement(
  `select other.id from ${tasksTable} one join ${tasksTable} other on other.unique_key = one.unique_key and other.state in ${open} where one.id = :id`,
);

export const logs: Statement<{ readonly id: string; readonly after: number; readonly limit: number }, LogLine> =
  statement(
    `select l.line as seq, l.at, l.level, l.message from cortado_task_logs l join ${tasksTable} t on t.seq = l.task
where t.id = :id and l.line > :after order by l.line limit :limit`,
  );

export const counts: Statement<
  Record<never, never>,
  { readonly queue: string; readonly state: TaskState; readonly tasks: number }
> = statement(`select queue, state, count(*) as tasks from ${tasksTable} group by queue, state`);

export const prune: Statement<Rows & { readonly before: number; readonly limit: number }, unknown> = statement(
  ({ each }) => `delete from ${tasksTable} where seq in (select seq from ${tasksTable}
where state in (select ${states.text('state')} from ${each}) and finished_at < :before limit :limit) returning seq`,
);
