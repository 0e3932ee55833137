import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { OnDelete } from '../model/table/column-options.ts';
import type { Column } from '../model/table/column-type.ts';
import type { ModelDefinition } from '../model/table/definition.ts';
import type { AnyTables, DatabaseKind } from '../model/table/home.ts';
import { type Reference, referenceOf } from './create-tables.ts';

export interface FoundForeignKey {
  readonly table: string;
  readonly column: string;
  /** Its name, where the database keeps one. */
  readonly name: string | undefined;
  /** `table.column`; `table` alone where SQLite means its primary key. */
  readonly target: string;
  readonly onDelete: OnDelete;
}

export interface ForeignKeyDifference {
  readonly kind: 'foreign key is missing' | 'foreign key differs';
  readonly table: string;
  readonly column: Column;
  readonly wanted: Reference;
  readonly found: FoundForeignKey | undefined;
}

interface KeyRow {
  readonly table_name: string;
  readonly name: string | null;
  readonly column_name: string;
  readonly target_table: string;
  readonly target_column: string | null;
  readonly on_delete: string;
}

const statements: Readonly<Record<DatabaseKind, RawBuilder<KeyRow>>> = {
  sqlite: sql<KeyRow>`select m.name as table_name, null as name, f."from" as column_name, f."table" as target_table, f."to" as target_column,
    f.on_delete as on_delete from sqlite_master m join pragma_foreign_key_list(m.name) f where m.type = 'table'
    and not exists (select 1 from pragma_foreign_key_list(m.name) g where g.id = f.id and g.seq > 0)`,
  postgres: sql<KeyRow>`select t.relname as table_name, k.conname as name, a.attname as column_name, o.relname as target_table,
    b.attname as target_column, k.confdeltype::text as on_delete from pg_catalog.pg_constraint k
    join pg_catalog.pg_class t on t.oid = k.conrelid join pg_catalog.pg_class o on o.oid = k.confrelid
    join pg_catalog.pg_attribute a on a.attrelid = t.oid and a.attnum = k.conkey[1]
    join pg_catalog.pg_attribute b on b.attrelid = o.oid and b.attnum = k.confkey[1]
    where k.contype = 'f' and cardinality(k.conkey) = 1 and k.conparentid = 0 and pg_catalog.pg_table_is_visible(t.oid)`,
};

// PostgreSQL has a letter for each.
const letters: Readonly<Record<string, OnDelete>> = {
  a: 'no action',
  r: 'restrict',
  c: 'cascade',
  n: 'set null',
  d: 'set default' as OnDelete,
};

/** The foreign keys of one column of all tables. */
export async function foundForeignKeys(db: Kysely<AnyTables>, kind: DatabaseKind): Promise<FoundForeignKey[]> {
  const { rows } = await statements[kind].execute(db);
  return rows.map(({ table_name, name, column_name, target_table, target_column, on_delete }) => ({
    table: table_name,
    column: column_name,
    name: name ?? undefined,
    target: target_column === null ? target_table : `${target_table}.${target_column}`,
    onDelete: letters[on_delete] ?? (on_delete.toLowerCase() as OnDelete),
  }));
}

/** The references of a model that its columns, which are there, do not have. */
export function foreignKeyDrift(
  definition: ModelDefinition,
  found: readonly FoundForeignKey[],
  isThere: (column: string) => boolean,
): ForeignKeyDifference[] {
  const { table } = definition;
  return definition.columns.flatMap((column): ForeignKeyDifference[] => {
    const wanted = isThere(column.name) ? referenceOf(column) : undefined;
    if (wanted === undefined) return [];
    const own = found.filter((key) => key.table === table && key.column === column.name);
    if (own.length === 0) return [{ kind: 'foreign key is missing', table, column, wanted, found: undefined }];
    if (own.some((key) => serves(key, column, wanted))) return [];
    return [{ kind: 'foreign key differs', table, column, wanted, found: own[0] }];
  });
}

function serves(key: FoundForeignKey, { onDelete }: Column, wanted: Reference): boolean {
  const [targetTable] = wanted.target.split('.');
  if (key.target !== wanted.target && key.target !== targetTable) return false;
  // Both refuse; a model that says nothing takes either.
  return key.onDelete === wanted.onDelete || (onDelete === undefined && key.onDelete === 'restrict');
}

export function describeForeignKey({ kind, table, column, wanted, found }: ForeignKeyDifference): string {
  const model = `${wanted.target} on delete ${wanted.onDelete}`;
  if (found === undefined) return `"${table}"."${column.name}": ${kind}: the model has ${model}`;
  return `"${table}"."${column.name}": ${kind}: the model has ${model}, the database ${found.target} on delete ${found.onDelete}`;
}
