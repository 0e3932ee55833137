import type { SqlDialect } from './dialect.ts';

/** The names of the engine's statements. */
export type StatementName =
  | 'insert'
  | 'findSame'
  | 'addEdges'
  | 'findIds'
  | 'claim'
  | 'claimWithin'
  | 'succeed'
  | 'settle'
  | 'findClaims'
  | 'ownClaims'
  | 'beat'
  | 'workers'
  | 'buryWorker'
  | 'leave'
  | 'get'
  | 'versions'
  | 'cancel'
  | 'retry'
  | 'findHolder'
  | 'setProgress'
  | 'touch'
  | 'addLogs'
  | 'logs'
  | 'counts'
  | 'prune'
  | 'look'
  | 'promote'
  | 'expiring'
  | 'lost'
  | 'follow'
  | 'followAll'
  | 'releaseWaiting'
  | 'dropEdges'
  | 'lastSlot'
  | 'takeSlot'
  | 'forgetStarts'
  | 'countStarts'
  | 'addStarts';

/** All statements of the engine, as SQL texts of one database. Values are given in the order of their `?`. */
export type Statements = Readonly<Record<StatementName, string>>;

const columns = [
  'seq',
  'id',
  'name',
  'queue',
  'state',
  'input',
  'result',
  'error',
  'priority',
  'attempt',
  'crashes',
  'token',
  'created_at',
  'run_at',
  'started_at',
  'finished_at',
  'expires_at',
  'unique_key',
  'progress',
  'cancel_requested',
  'worker',
  'waits_for',
  'headers',
];

const table = 'cortado_tasks';
const all = columns.map((name) => `${table}.${name}`).join(', ');
const open = `('scheduled', 'queued', 'running', 'retrying')`;
// What a run reported at its end may arrive after that was committed with its session; its token is still the last.
const reported = `state in ('running', 'succeeded')`;
const text = (index: number): string => `f.value ->> ${index}`;
const number = (index: number): string => `cast(f.value ->> ${index} as bigint)`;

/** Writes the statements for a database. */
export function statementsOf(dialect: SqlDialect): Statements {
  const { each, skipLocked, least } = dialect;
  const texts: Statements = {
    /** JSON of [id, name, queue, state, input, priority, created_at, run_at, expires_at, unique_key, waits, waits_for, headers]. */
    insert: `insert into ${table} (id, name, queue, state, input, priority, created_at, run_at, expires_at, unique_key, waits, waits_for, headers)
select ${text(0)}, ${text(1)}, ${text(2)}, ${text(3)}, ${text(4)}, ${number(5)}, ${number(6)}, ${number(7)}, ${number(8)}, ${text(9)}, ${number(10)}, ${text(11)}, ${text(12)}
from ${each} where true on conflict do nothing returning id, seq`,

    /** JSON of [id, unique_key]. */
    findSame: `select id, unique_key, state from ${table} where id in (select ${text(0)} from ${each})
union all select id, unique_key, state from ${table} where state in ${open} and unique_key in (select ${text(1)} from ${each} where ${text(1)} is not null)`,

    /** JSON of [seq, before_id]. */
    addEdges: `insert into cortado_task_edges (task, before_id) select ${number(0)}, ${text(1)} from ${each} where true on conflict do nothing`,

    /** JSON of [id]. */
    findIds: `select id from ${table} where id in (select ${text(0)} from ${each})`,

    /** worker, started_at, queue, worker, now, limit. A worker that counts as lost gets nothing. */
    claim: claimText(skipLocked, '?'),

    /** The same, with the limit of the queue: worker, started_at, queue, worker, now, limit, concurrency, queue. */
    claimWithin: claimText(
      skipLocked,
      `(select case when places.free > 0 then places.free else 0 end from (select ${least}(cast(? as bigint), cast(? as bigint) - (select count(*) from ${table} where state = 'running' and queue = ?)) as free) places)`,
    ),

    /** finished_at; JSON of [seq, token, result]. */
    succeed: `update ${table} set state = 'succeeded', result = ${text(2)}, error = null, finished_at = ?, version = version + 1
from ${each} where ${table}.seq = ${number(0)} and ${table}.token = ${number(1)} and ${table}.state = 'running' returning ${table}.seq`,

    /** error and finished_at of one that was to be cancelled; JSON of [seq, token, was, state, error, run_at, finished_at, attempts, crashes]. */
    settle: settleText(each),

    /** JSON of [seq]. */
    findClaims: `select seq, token, state, cancel_requested from ${table} where seq in (select ${number(0)} from ${each})`,

    /** worker. */
    ownClaims: `select seq, token from ${table} where state = 'running' and worker = ?`,

    /** id, lease, host, pid, process. */
    beat: `insert into cortado_workers (id, beat, lease, host, pid, process) values (?, 1, ?, ?, ?, ?)
on conflict (id) do update set beat = cortado_workers.beat + 1, lease = excluded.lease`,
    workers: `select id, beat, lease, host, pid, process from cortado_workers`,
    /** id, beat. */
    buryWorker: `delete from cortado_workers where id = ? and beat = ?`,
    /** JSON of [id]. */
    leave: `delete from cortado_workers where id in (select ${text(0)} from ${each})`,

    /** id. */
    get: `select ${all} from ${table} where id = ?`,
    /** JSON of [id]. */
    versions: `select id, version from ${table} where id in (select ${text(0)} from ${each})`,

    /** error, finished_at, id. */
    cancel: `update ${table} set cancel_requested = 1, version = version + 1,
error = case when state = 'running' then error else ? end, finished_at = case when state = 'running' then finished_at else ? end,
state = case when state = 'running' then state else 'cancelled' end
where id = ? and state in ${open} returning state, seq`,

    /** now, id. */
    retry: `update ${table} set state = case when waits_for <> '[]' or run_at > ? then 'scheduled' else 'queued' end,
waits = case when waits_for <> '[]' then 1 else 0 end, attempt = 0, crashes = 0, error = null, finished_at = null, progress = null,
cancel_requested = 0, expires_at = null, version = version + 1
where id = ? and state in ('failed', 'cancelled', 'expired') returning seq, waits_for`,

    /** id: of a task that is over. */
    findHolder: `select other.id from ${table} one join ${table} other on other.unique_key = one.unique_key and other.state in ${open} where one.id = ?`,

    /** progress, seq, token. */
    setProgress: `update ${table} set progress = ?, version = version + 1 where seq = ? and token = ? and ${reported} returning seq`,

    /** seq, token. */
    touch: `update ${table} set version = version + 1 where seq = ? and token = ? and ${reported} returning seq`,
    /** seq, JSON of [index, at, level, message], seq. */
    addLogs: `insert into cortado_task_logs (task, line, at, level, message)
select cast(? as bigint), ${number(0)} + (select coalesce(max(line), 0) from cortado_task_logs where task = cast(? as bigint)), ${number(1)}, ${text(2)}, ${text(3)} from ${each} where true`,
    /** id, after, limit. */
    logs: `select l.line, l.at, l.level, l.message from cortado_task_logs l join ${table} t on t.seq = l.task where t.id = ? and l.line > ? order by l.line limit ?`,

    counts: `select queue, state, count(*) as tasks from ${table} group by queue, state`,
    /** JSON of [state], before, limit. */
    prune: `delete from ${table} where seq in (select seq from ${table} where state in (select ${text(0)} from ${each}) and finished_at < ? limit ?) returning seq`,

    /** What maintenance would find; now, now. */
    look: `select (select min(run_at) from ${table} where state in ('scheduled', 'retrying') and waits = 0) as next_at,
(select count(*) from (select 1 from ${table} where expires_at is not null and attempt = 0 and state in ('scheduled', 'queued') and expires_at <= ? limit 1) e) as expiring,
(select count(*) from (select 1 from cortado_task_edges limit 1) w) as waiting`,
    /** now, limit. */
    promote: `update ${table} set state = 'queued', version = version + 1 where seq in (select seq from ${table} where state in ('scheduled', 'retrying') and waits = 0 and run_at <= ? order by run_at limit ?${skipLocked}) returning id`,
    /** now, limit. */
    expiring: `select seq, token, state, expires_at from ${table} where expires_at is not null and attempt = 0 and state in ('scheduled', 'queued') and expires_at <= ? limit ?`,
    /** limit. */
    lost: `select seq, id, token, crashes, worker, cancel_requested from ${table} where state = 'running' and worker not in (select id from cortado_workers) limit ?`,

    /** Tasks whose flow goes on: those that wait for tasks which are over. With JSON of [before_id], for these only. */
    follow: followText(`e.before_id in (select ${text(0)} from ${each})`),
    followAll: followText('true'),
    /** now, JSON of [seq]. */
    releaseWaiting: `update ${table} set waits = 0, version = version + 1, state = case when run_at > ? then 'scheduled' else 'queued' end
where waits = 1 and state = 'scheduled' and seq in (select ${number(0)} from ${each}) returning id`,
    /** JSON of [seq]. */
    dropEdges: `delete from cortado_task_edges where task in (select ${number(0)} from ${each})`,

    /** name. */
    lastSlot: `select last_slot from cortado_schedules where name = ?`,
    /** name, slot. */
    takeSlot: `insert into cortado_schedules (name, last_slot) values (?, ?)
on conflict (name) do update set last_slot = excluded.last_slot where cortado_schedules.last_slot < excluded.last_slot returning name`,

    /** queue, before. */
    forgetStarts: `delete from cortado_queue_starts where queue = ? and at <= ?`,
    /** queue. */
    countStarts: `select coalesce(sum(count), 0) as starts from cortado_queue_starts where queue = ?`,
    /** queue, at, count. */
    addStarts: `insert into cortado_queue_starts (queue, at, count) values (?, ?, ?)`,
  };
  const written = Object.entries(texts).map(([name, sql]) => [name, numbered(sql, dialect)]);
  return Object.fromEntries(written) as Statements;
}

function claimText(skipLocked: string, limit: string): string {
  return `with c as materialized (select seq, cast(? as text) as worker, cast(? as bigint) as started_at from ${table} where state = 'queued' and queue = ?
and exists (select 1 from cortado_workers where id = ?) and (expires_at is null or attempt > 0 or expires_at > ?)
order by priority desc, run_at, seq limit ${limit}${skipLocked})
update ${table} set state = 'running', attempt = attempt + 1, token = token + 1, version = version + 1, worker = c.worker, started_at = c.started_at
from c where ${table}.seq = c.seq returning ${all}`;
}

function settleText(each: string): string {
  const isCancelled = `${table}.cancel_requested = 1 and ${text(3)} in ('queued', 'retrying')`;
  const either = (cancelled: string, otherwise: string): string =>
    `case when ${isCancelled} then ${cancelled} else ${otherwise} end`;
  return `update ${table} set state = ${either(`'cancelled'`, text(3))}, error = ${either('cast(? as text)', text(4))},
finished_at = ${either('cast(? as bigint)', number(6))}, run_at = coalesce(${number(5)}, run_at), attempt = attempt + ${number(7)},
crashes = crashes + ${number(8)}, version = version + 1
from ${each} where ${table}.seq = ${number(0)} and ${table}.token = ${number(1)} and ${table}.state = ${text(2)} returning ${table}.seq, ${table}.id, ${table}.state`;
}

function followText(which: string): string {
  return `select t.seq, t.token, t.id, min(case when p.state = 'succeeded' then 1 when p.state in ('failed', 'cancelled', 'expired') or p.state is null then -1 else 0 end) as ready,
min(case when p.state = 'succeeded' or p.state in ${open} then null else e.before_id end) as culprit
from ${table} t join cortado_task_edges e on e.task = t.seq left join ${table} p on p.id = e.before_id
where t.waits = 1 and t.seq in (select e.task from cortado_task_edges e where ${which})
group by t.seq, t.token, t.id having min(case when p.state = 'succeeded' then 1 when p.state in ('failed', 'cancelled', 'expired') or p.state is null then -1 else 0 end) <> 0`;
}

// SQLite takes `?`, PostgreSQL `$1`.
function numbered(sql: string, { kind }: SqlDialect): string {
  if (kind === 'sqlite') return sql;
  let count = 0;
  return sql.replaceAll('?', () => `$${++count}`);
}
