import type { SqlDialect } from './dialect.ts';
import type { SqlStore } from './sql-store.ts';

/** The statements that make what is missing of the queue's tables. They can be run again, and by many processes. */
function schemaOf({ serial }: SqlDialect): readonly string[] {
  return [
    `create table if not exists cortado_tasks (
  seq ${serial},
  id text not null unique,
  name text not null,
  queue text not null,
  state text not null,
  input text not null,
  result text,
  error text,
  priority integer not null,
  attempt integer not null default 0,
  crashes integer not null default 0,
  token bigint not null default 0,
  version bigint not null default 0,
  created_at bigint not null,
  run_at bigint not null,
  started_at bigint,
  finished_at bigint,
  expires_at bigint,
  unique_key text,
  progress text,
  cancel_requested integer not null default 0,
  worker text,
  waits integer not null,
  waits_for text not null,
  headers text not null
)`,
    // Small indexes: each holds only the tasks in the states that it is for.
    `create index if not exists cortado_tasks_queued on cortado_tasks (queue, priority desc, run_at, seq) where state = 'queued'`,
    `create index if not exists cortado_tasks_due on cortado_tasks (run_at) where state in ('scheduled', 'retrying') and waits = 0`,
    `create index if not exists cortado_tasks_running on cortado_tasks (queue, worker) where state = 'running'`,
    `create index if not exists cortado_tasks_expiring on cortado_tasks (expires_at) where expires_at is not null and attempt = 0 and state in ('scheduled', 'queued')`,
    `create unique index if not exists cortado_tasks_unique on cortado_tasks (unique_key) where unique_key is not null and state in ('scheduled', 'queued', 'running', 'retrying')`,
    `create index if not exists cortado_tasks_finished on cortado_tasks (state, finished_at) where finished_at is not null`,
    `create table if not exists cortado_task_edges (
  task bigint not null references cortado_tasks (seq) on delete cascade,
  before_id text not null,
  primary key (before_id, task)
)`,
    `create index if not exists cortado_task_edges_task on cortado_task_edges (task)`,
    `create table if not exists cortado_task_logs (
  task bigint not null references cortado_tasks (seq) on delete cascade,
  line integer not null,
  at bigint not null,
  level text not null,
  message text not null,
  primary key (task, line)
)`,
    `create table if not exists cortado_workers (
  id text primary key,
  beat bigint not null,
  lease bigint not null,
  host text not null,
  pid bigint not null,
  process text not null
)`,
    `create table if not exists cortado_schedules (
  name text primary key,
  last_slot bigint not null
)`,
    `create table if not exists cortado_queue_starts (
  queue text not null,
  at bigint not null,
  count integer not null
)`,
    `create index if not exists cortado_queue_starts_at on cortado_queue_starts (queue, at)`,
  ];
}

/** Makes what is missing. PostgreSQL's `if not exists` is no match for two processes that start at once, so these take turns there. */
export async function makeTables(store: SqlStore): Promise<void> {
  await store.transaction(async (runner) => {
    if (store.dialect.kind === 'postgres')
      await store.runText(`select pg_advisory_xact_lock(hashtext('cortado_schema'))`, [], runner);
    for (const statement of schemaOf(store.dialect)) await store.runText(statement, [], runner);
  });
}
