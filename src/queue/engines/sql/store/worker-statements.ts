import { type JsonRows, jsonRows, type Statement, statement } from '../../../../db/store/statement.ts';
import type { TaskRow } from './rows.ts';
import { all, ids, open, type Rows, seqs, tasksTable } from './tables.ts';

// What a run reported at its end may arrive after that was committed with its session; its token is still the last.
const reported = `state in ('running', 'succeeded')`;

interface ClaimValues {
  readonly worker: string;
  readonly now: number;
  readonly queue: string;
  readonly limit: number;
}

/** Takes tasks of a queue. A worker that counts as lost gets nothing. */
export const claim: Statement<ClaimValues, TaskRow> = statement(({ skipLocked }) => claimText(skipLocked, ':limit'));

/** The same, within the concurrency of the queue. */
export const claimWithin: Statement<ClaimValues & { readonly concurrency: number }, TaskRow> = statement(
  ({ skipLocked, least }) =>
    claimText(
      skipLocked,
      `(select case when places.free > 0 then places.free else 0 end from (select ${least}(cast(:limit as bigint),
cast(:concurrency as bigint) - (select count(*) from ${tasksTable} where state = 'running' and queue = :queue)) as free) places)`,
    ),
);

function claimText(skipLocked: string, limit: string): string {
  return `with c as materialized (select seq, cast(:worker as text) as worker, cast(:now as bigint) as started_at from ${tasksTable}
where state = 'queued' and queue = :queue and exists (select 1 from cortado_workers where id = :worker)
and (expires_at is null or attempt > 0 or expires_at > :now)
order by priority desc, run_at, seq limit ${limit}${skipLocked})
update ${tasksTable} set state = 'running', attempt = attempt + 1, token = token + 1, version = version + 1, worker = c.worker, started_at = c.started_at
from c where ${tasksTable}.seq = c.seq returning ${all}`;
}

export const successes: JsonRows<'seq' | 'token' | 'result'> = jsonRows('seq', 'token', 'result');

export const succeed: Statement<Rows & { readonly now: number }, { readonly seq: number }> = statement(({ each }) => {
  const { text, integer } = successes;
  return `update ${tasksTable} set state = 'succeeded', result = ${text('result')}, error = null, finished_at = :now, version = version + 1
from ${each} where ${tasksTable}.seq = ${integer('seq')} and ${tasksTable}.token = ${integer('token')} and ${tasksTable}.state = 'running' returning ${tasksTable}.seq`;
});

/** Changes of states, each valid only while the task has this token and state. */
export const settlements: JsonRows<
  'seq' | 'token' | 'was' | 'state' | 'error' | 'runAt' | 'finishedAt' | 'attempts' | 'crashes'
> = jsonRows('seq', 'token', 'was', 'state', 'error', 'runAt', 'finishedAt', 'attempts', 'crashes');

export type SettledRow = Pick<TaskRow, 'seq' | 'id' | 'state'>;

/** `cancelled` and `now` are the error and the end of one that was to be cancelled. */
export const settleTasks: Statement<Rows & { readonly cancelled: string; readonly now: number }, SettledRow> =
  statement(({ each }) => {
    const { text, integer } = settlements;
    const isCancelled = `${tasksTable}.cancel_requested = 1 and ${text('state')} in ('queued', 'retrying')`;
    const either = (cancelled: string, otherwise: string): string =>
      `case when ${isCancelled} then ${cancelled} else ${otherwise} end`;
    return `update ${tasksTable} set state = ${either(`'cancelled'`, text('state'))}, error = ${either('cast(:cancelled as text)', text('error'))},
finished_at = ${either('cast(:now as bigint)', integer('finishedAt'))}, run_at = coalesce(${integer('runAt')}, run_at),
attempt = attempt + ${integer('attempts')}, crashes = crashes + ${integer('crashes')}, version = version + 1
from ${each} where ${tasksTable}.seq = ${integer('seq')} and ${tasksTable}.token = ${integer('token')} and ${tasksTable}.state = ${text('was')}
returning ${tasksTable}.seq, ${tasksTable}.id, ${tasksTable}.state`;
  });

export const findClaims: Statement<Rows, Pick<TaskRow, 'seq' | 'token' | 'state' | 'cancel_requested'>> = statement(
  ({ each }) =>
    `select seq, token, state, cancel_requested from ${tasksTable} where seq in (select ${seqs.integer('seq')} from ${each})`,
);

export const ownClaims: Statement<{ readonly worker: string }, RunValues> = statement(
  `select seq, token from ${tasksTable} where state = 'running' and worker = :worker`,
);

export const beat: Statement<Omit<WorkerRow, 'id' | 'beat'> & { readonly worker: string }, unknown> = statement(
  `insert into cortado_workers (id, beat, lease, host, pid, process) values (:worker, 1, :lease, :host, :pid, :process)
on conflict (id) do update set beat = cortado_workers.beat + 1, lease = excluded.lease`,
);

export interface WorkerRow {
  readonly id: string;
  readonly beat: number;
  readonly lease: number;
  /** The machine since its start, and the container: within it, a process id means one process. */
  readonly host: string;
  readonly pid: number;
  /** Unique for each start of a process. */
  readonly process: string;
}

export const workers: Statement<Record<never, never>, WorkerRow> = statement(
  'select id, beat, lease, host, pid, process from cortado_workers',
);

export const buryWorker: Statement<{ readonly worker: string; readonly beat: number }, unknown> = statement(
  'delete from cortado_workers where id = :worker and beat = :beat',
);

export const leave: Statement<Rows, unknown> = statement(
  ({ each }) => `delete from cortado_workers where id in (select ${ids.text('id')} from ${each})`,
);

type RunValues = Pick<TaskRow, 'seq' | 'token'>;

export const setProgress: Statement<RunValues & { readonly progress: string }, unknown> = statement(
  `update ${tasksTable} set progress = :progress, version = version + 1 where seq = :seq and token = :token and ${reported} returning seq`,
);

export const touch: Statement<RunValues, unknown> = statement(
  `update ${tasksTable} set version = version + 1 where seq = :seq and token = :token and ${reported} returning seq`,
);

export const logLines: JsonRows<'index' | 'at' | 'level' | 'message'> = jsonRows('index', 'at', 'level', 'message');

export const addLogs: Statement<Rows & { readonly task: number }, unknown> = statement(({ each }) => {
  const { text, integer } = logLines;
  return `insert into cortado_task_logs (task, line, at, level, message)
select cast(:task as bigint), ${integer('index')} + (select coalesce(max(line), 0) from cortado_task_logs where task = cast(:task as bigint)),
${integer('at')}, ${text('level')}, ${text('message')} from ${each} where true`;
});

export const look: Statement<
  { readonly now: number },
  { readonly next_at: number | null; readonly expiring: number; readonly waiting: number }
> = statement(
  `select (select min(run_at) from ${tasksTable} where state in ('scheduled', 'retrying') and waits = 0) as next_at,
(select count(*) from (select 1 from ${tasksTable} where expires_at is not null and attempt = 0 and state in ('scheduled', 'queued') and expires_at <= :now limit 1) e) as expiring,
(select count(*) from (select 1 from cortado_task_edges limit 1) w) as waiting`,
);

interface Batch {
  readonly now: number;
  readonly limit: number;
}

export const promote: Statement<Batch, { readonly id: string }> = statement(
  ({ skipLocked }) =>
    `update ${tasksTable} set state = 'queued', version = version + 1 where seq in (select seq from ${tasksTable}
where state in ('scheduled', 'retrying') and waits = 0 and run_at <= :now order by run_at limit :limit${skipLocked}) returning id`,
);

export const expiring: Statement<Batch, Pick<TaskRow, 'seq' | 'token' | 'state'> & { readonly expires_at: number }> =
  statement(
    `select seq, token, state, expires_at from ${tasksTable} where expires_at is not null and attempt = 0
and state in ('scheduled', 'queued') and expires_at <= :now limit :limit`,
  );

export interface LostRow extends Pick<TaskRow, 'seq' | 'id' | 'token' | 'crashes' | 'cancel_requested'> {
  readonly worker: string;
}

export const lost: Statement<{ readonly limit: number }, LostRow> = statement(
  `select seq, id, token, crashes, worker, cancel_requested from ${tasksTable}
where state = 'running' and worker not in (select id from cortado_workers) limit :limit`,
);

/** A task of a flow that goes on, or never will. */
export interface FollowerRow extends Pick<TaskRow, 'seq' | 'token' | 'id'> {
  /** 1: all that it waits for have succeeded. -1: one of them never will. */
  readonly ready: number;
  readonly culprit: string | null;
}

/** Tasks whose flow goes on: those that wait for tasks which are over. With ids, for these only. */
export const findFollowers: Statement<Rows, FollowerRow> = statement(({ each }) =>
  followText(`e.before_id in (select ${ids.text('id')} from ${each})`),
);
export const findAllFollowers: Statement<Record<never, never>, FollowerRow> = statement(followText('true'));

function followText(which: string): string {
  const ready = `min(case when p.state = 'succeeded' then 1 when p.state in ('failed', 'cancelled', 'expired') or p.state is null then -1 else 0 end)`;
  return `select t.seq, t.token, t.id, ${ready} as ready,
min(case when p.state = 'succeeded' or p.state in ${open} then null else e.before_id end) as culprit
from ${tasksTable} t join cortado_task_edges e on e.task = t.seq left join ${tasksTable} p on p.id = e.before_id
where t.waits = 1 and t.seq in (select e.task from cortado_task_edges e where ${which})
group by t.seq, t.token, t.id having ${ready} <> 0`;
}

export const releaseWaiting: Statement<Rows & { readonly now: number }, unknown> = statement(
  ({ each }) =>
    `update ${tasksTable} set waits = 0, version = version + 1, state = case when run_at > :now then 'scheduled' else 'queued' end
where waits = 1 and state = 'scheduled' and seq in (select ${seqs.integer('seq')} from ${each}) returning id`,
);

export const dropEdges: Statement<Rows, unknown> = statement(
  ({ each }) => `delete from cortado_task_edges where task in (select ${seqs.integer('seq')} from ${each})`,
);

export const lastSlot: Statement<{ readonly schedule: string }, { readonly last_slot: number }> = statement(
  'select last_slot from cortado_schedules where name = :schedule',
);

export const takeSlot: Statement<{ readonly schedule: string; readonly slot: number }, unknown> = statement(
  `insert into cortado_schedules (name, last_slot) values (:schedule, :slot)
on conflict (name) do update set last_slot = excluded.last_slot where cortado_schedules.last_slot < excluded.last_slot returning name`,
);

/** Holds up everybody else who asks for the same queue until the transaction ends. SQLite has one writer anyway. */
export const lockQueue: Statement<{ readonly queue: string }, unknown> = statement(
  `select pg_advisory_xact_lock(hashtext('cortado_tasks'), hashtext(:queue))`,
);

export const forgetStarts: Statement<{ readonly queue: string; readonly before: number }, unknown> = statement(
  'delete from cortado_queue_starts where queue = :queue and at <= :before',
);

export const countStarts: Statement<{ readonly queue: string }, { readonly starts: number }> = statement(
  'select coalesce(sum(count), 0) as starts from cortado_queue_starts where queue = :queue',
);

export const addStarts: Statement<{ readonly queue: string; readonly now: number; readonly count: number }, unknown> =
  statement('insert into cortado_queue_starts (queue, at, count) values (:queue, :now, :count)');
