import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { AnyTables, DatabaseKind } from '../model/table/home.ts';
import type { IndexPlan } from './create-tables.ts';

/** An index that a table has; an expression in it is no column. */
export interface FoundIndex {
  readonly table: string;
  readonly name: string;
  readonly unique: boolean;
  /** Whether it holds all rows. */
  readonly whole: boolean;
  readonly columns: readonly (string | null)[];
}

interface IndexRow {
  readonly table_name: string;
  readonly name: string;
  readonly is_unique: number | boolean;
  readonly is_partial: number | boolean;
  readonly column_name: string | null;
}

const statements: Readonly<Record<DatabaseKind, RawBuilder<IndexRow>>> = {
  sqlite: sql<IndexRow>`select m.name as table_name, l.name as name, l."unique" as is_unique, l.partial as is_partial, i.name as column_name
    from sqlite_master m join pragma_index_list(m.name) l join pragma_index_info(l.name) i where m.type = 'table' order by m.name, l.name, i.seqno`,
  postgres: sql<IndexRow>`select t.relname as table_name, i.relname as name, x.indisunique as is_unique, x.indpred is not null as is_partial, a.attname as column_name
    from pg_catalog.pg_index x join pg_catalog.pg_class t on t.oid = x.indrelid join pg_catalog.pg_class i on i.oid = x.indexrelid
    cross join lateral unnest(x.indkey) with ordinality as k (number, place)
    left join pg_catalog.pg_attribute a on a.attrelid = t.oid and a.attnum = k.number and k.number > 0
    where x.indisvalid and k.place <= x.indnkeyatts and pg_catalog.pg_table_is_visible(t.oid)
    order by t.relname, i.relname, k.place`,
};

/** The indexes of all tables, those of primary keys and unique constraints among them. */
export async function foundIndexes(db: Kysely<AnyTables>, kind: DatabaseKind): Promise<FoundIndex[]> {
  const { rows } = await statements[kind].execute(db);
  const byName = Map.groupBy(rows, ({ table_name, name }) => JSON.stringify([table_name, name]));
  return [...byName.values()].map((some) => {
    const { table_name: table, name, is_unique, is_partial } = some[0]!;
    const columns = some.map(({ column_name }) => column_name);
    return { table, name, unique: Boolean(is_unique), whole: !is_partial, columns };
  });
}

/** Whether an index does what a model asks for: no two rows alike, in whatever order of columns; or a quick look-up by the first ones. */
export function serves({ unique, whole, columns }: FoundIndex, wanted: IndexPlan): boolean {
  if (!whole) return false;
  if (!wanted.unique) return wanted.columns.every((name, at) => columns[at] === name);
  return unique && columns.length === wanted.columns.length && wanted.columns.every((name) => columns.includes(name));
}
