import { CortadoError } from '../../../../base/error.ts';
import type { SqlDialect } from '../../../../db/store/dialect.ts';
import { bringUpToDate, type SchemaStep } from '../../../../db/store/schema-version.ts';
import type { SqlStore } from '../../../../db/store/sql-store.ts';

// Tables that were made before they had a version are of this one, so it leaves alone what is there.
function firstTables({ serial }: SqlDialect): readonly string[] {
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

// Outboxes were made without a version before, so this step leaves alone what is there.
function outboxTable({ serial }: SqlDialect): readonly string[] {
  const columns = `seq ${serial}, id text not null unique, task text not null, error text`;
  return [`create table if not exists cortado_outbox (${columns})`];
}

/**
 * The versions of the tables, in order. One that was released is never changed, a new one is added; and it only adds to the tables, as
 * programs of the version before go on working with them while they are replaced.
 */
export const schemaSteps: readonly SchemaStep[] = [firstTables, outboxTable];

/**
 * Brings the tables to the version of this program.
 *
 * @throws CortadoError `CORTADO_QUEUE_SCHEMA` when the tables are of a later version.
 */
export function makeTables(store: SqlStore, steps: readonly SchemaStep[] = schemaSteps): Promise<void> {
  return bringUpToDate(store, {
    versionTable: 'cortado_queue_schema',
    steps,
    tooNew: (found) =>
      new CortadoError(
        'CORTADO_QUEUE_SCHEMA',
        `The queue's tables in ${store.database['~location'].label} are of version ${found}, made by a later Cortado; this one knows them up to version ${steps.length}. Update it here as well, or give this queue another database.`,
      ),
  });
}
