import { CortadoError } from '../../../base/error.ts';
import type { SqlDialect } from '../../../db/store/dialect.ts';
import { bringUpToDate, type SchemaStep } from '../../../db/store/schema-version.ts';
import type { SqlStore } from '../../../db/store/sql-store.ts';

// SQLite's writers take turns until they have committed, so numbers that go on behind the last row, or behind what was dropped, are in the
// order of commits. On PostgreSQL the numbers of a
// sequence are taken under a lock that is held until the commit: a sequence is outside of transactions, so any isolation will do.
function firstTables({ kind }: SqlDialect): readonly string[] {
  const isPostgres = kind === 'postgres';
  return [
    ...(isPostgres ? ['create sequence if not exists cortado_channel_places as bigint'] : []),
    `create table if not exists cortado_channel_events (
  place ${isPostgres ? 'bigint not null' : 'integer primary key'},
  id text not null,
  again integer not null default 0,
  stream text${isPostgres ? ' collate "C"' : ''} not null,
  data text not null,
  at bigint not null${isPostgres ? ',\n  primary key (stream, place)' : ''}
)`,
    ...(isPostgres
      ? []
      : ['create index if not exists cortado_channel_events_stream on cortado_channel_events (stream)']),
    // Of those alone that an outbox hands on: an index more would be a fifth of what publishing costs.
    'create unique index if not exists cortado_channel_events_again on cortado_channel_events (id) where again = 1',
    `create table if not exists cortado_channel_floors (
  stream text${isPostgres ? ' collate "C"' : ''} primary key,
  place bigint not null,
  at bigint not null
)`,
    `create table if not exists cortado_channel_processes (
  id text primary key,
  until bigint not null
)`,
    `create table if not exists cortado_channel_members (
  id text primary key,
  process text not null,
  stream text not null,
  data text not null
)`,
    'create index if not exists cortado_channel_members_stream on cortado_channel_members (stream)',
    'create index if not exists cortado_channel_members_process on cortado_channel_members (process)',
    'create table if not exists cortado_channel_log (id text not null, place bigint not null default 0)',
    `insert into cortado_channel_log (id) values (${isPostgres ? 'gen_random_uuid()::text' : 'lower(hex(randomblob(16)))'})`,
  ];
}

const steps: readonly SchemaStep[] = [firstTables];

/**
 * Brings the tables of channels to the version of this program.
 *
 * @throws CortadoError `CORTADO_CHANNEL_SCHEMA` when they are of a later version.
 */
export function makeChannelTables(store: SqlStore): Promise<void> {
  return bringUpToDate(store, {
    versionTable: 'cortado_channel_schema',
    steps,
    tooNew: (found) =>
      new CortadoError(
        'CORTADO_CHANNEL_SCHEMA',
        `The tables of channels in ${store.database['~location'].label} are of version ${found}, made by a later Cortado; this one knows them up to version ${steps.length}. Update it here as well, or give these channels another database.`,
      ),
  });
}
