import type { SqlDialect } from './dialect.ts';
import type { SqlStore } from './sql-store.ts';

/** Statements that make a version of the tables of the one before. */
export type SchemaStep = (dialect: SqlDialect) => readonly string[];

/** Tables that have a version. */
export interface VersionedTables {
  /** The table in which the version stands. */
  readonly versionTable: string;
  /**
   * The versions, in order. One that was released is never changed, a new one is added; and it only adds to the tables, as programs of the
   * version before go on working with them while they are replaced.
   */
  readonly steps: readonly SchemaStep[];
  /** What to throw where the tables are of a later version than this program. */
  readonly tooNew: (found: number) => Error;
}

/**
 * Brings tables to the version of this program. PostgreSQL's `if not exists` is no match for processes that start at once, so these take
 * turns there; on SQLite the first statement writes, which makes them take turns, too.
 *
 * @throws what `tooNew` makes.
 */
export async function bringUpToDate(store: SqlStore, tables: VersionedTables): Promise<void> {
  const { versionTable, steps, tooNew } = tables;
  // Most starts find all as it should be, and need not wait for others who write.
  if ((await versionIn(store, versionTable)) === steps.length) return;
  await store.transaction(async (inside) => {
    if (store.dialect.kind === 'postgres')
      await inside.runText(`select pg_advisory_xact_lock(hashtext('cortado_schema'))`);
    await inside.runText(`create table if not exists ${versionTable} (version integer not null)`);
    const [row] = (await inside.runText(`select version from ${versionTable}`)) as { readonly version: number }[];
    const found = row?.version ?? 0;
    if (found > steps.length) throw tooNew(found);
    if (found === steps.length) return;
    for (const step of steps.slice(found)) for (const text of step(store.dialect)) await inside.runText(text);
    await inside.runText(`delete from ${versionTable}`);
    await inside.runText(`insert into ${versionTable} (version) values (${steps.length})`);
  });
}

async function versionIn(store: SqlStore, table: string): Promise<number | undefined> {
  const isThere =
    store.dialect.kind === 'postgres'
      ? `select 1 as found where to_regclass('${table}') is not null`
      : `select 1 as found from sqlite_master where name = '${table}'`;
  if ((await store.runText(isThere)).length === 0) return undefined;
  const [row] = (await store.runText(`select version from ${table}`)) as { readonly version: number }[];
  return row?.version;
}
