import type { ColumnMetadata, Kysely } from 'kysely';
import { findForeign } from '../model/conditions/moment-condition.ts';
import type { Column, ColumnKind } from '../model/table/column-type.ts';
import type { ModelDefinition } from '../model/table/definition.ts';
import type { AnyTables, DatabaseKind } from '../model/table/home.ts';
import { type IndexPlan, indexesOf } from './create-tables.ts';
import { describeForeignKey, type ForeignKeyDifference, foreignKeyDrift, foundForeignKeys } from './foreign-keys.ts';
import { type FoundIndex, foundIndexes, serves } from './found-indexes.ts';

/** One way in which a database is not what the models say. */
export type Difference =
  | { readonly kind: 'table is missing'; readonly definition: ModelDefinition }
  | { readonly kind: 'column is missing'; readonly table: string; readonly column: Column }
  /** A column that no field writes, and that must have a value: rows cannot be added. */
  | { readonly kind: 'column is unknown and required'; readonly table: string; readonly name: string }
  | { readonly kind: 'index is missing'; readonly table: string; readonly index: IndexPlan }
  /** SQLite: texts that are moments, and in another form than the model writes. */
  | {
      readonly kind: 'moments are in another form';
      readonly table: string;
      readonly column: Column;
      readonly found: string;
    }
  | ForeignKeyDifference
  | ColumnDifference;

/** A column that is there, and not as its field says. */
export type ColumnDifference = {
  readonly table: string;
  readonly column: Column;
  /** Whether an index, a key or a foreign key of the model stands on it. */
  readonly isBound: boolean;
} & (
  | { readonly kind: 'column takes NULL, its field does not' }
  | { readonly kind: 'field may be empty, its column may not' }
  | { readonly kind: 'type differs'; readonly found: string; readonly wanted: string }
);

// What databases call types that hold what a field holds; a type that is in no list is left to its owner.
const families: Readonly<Record<ColumnKind, readonly string[]>> = {
  text: ['text', 'varchar', 'bpchar', 'char', 'citext', 'uuid', 'name'],
  integer: ['int8', 'int4', 'int2', 'integer', 'bigint', 'int'],
  smallInteger: ['int8', 'int4', 'int2', 'integer', 'bigint', 'int'],
  bigint: ['int8', 'int4', 'int2', 'integer', 'bigint', 'int'],
  real: ['float8', 'float4', 'real', 'double', 'double precision', 'numeric'],
  boolean: ['bool', 'boolean'],
  date: ['timestamptz'],
  json: ['jsonb', 'json', 'text'],
};
// SQLite has no type for moments: texts are, whatever it calls their column.
const momentsOfSqlite = ['text', 'datetime', 'timestamp', 'timestamptz', 'date'];
const knownTypes = new Set([...Object.values(families).flat(), ...momentsOfSqlite]);

function familyOf({ kind }: Column, database: DatabaseKind): readonly string[] {
  return kind === 'date' && database === 'sqlite' ? momentsOfSqlite : families[kind];
}

/** Compares the tables of models with those that are there. Tables and columns that no model names are nobody's business. */
export async function findDrift(
  db: Kysely<AnyTables>,
  definitions: readonly ModelDefinition[],
  kind: DatabaseKind,
): Promise<Difference[]> {
  const [tables, indexes] = [await db.introspection.getTables(), await foundIndexes(db, kind)];
  const foreignKeys = await foundForeignKeys(db, kind);
  const found = new Map(tables.map(({ name, columns }) => [name, columns]));
  const differences: Difference[] = [];
  for (const definition of definitions) {
    const columns = found.get(definition.table);
    if (columns === undefined) differences.push({ kind: 'table is missing', definition });
    else
      differences.push(
        ...tableDrift(definition, new Map(columns.map((column) => [column.name, column])), kind),
        ...foreignKeyDrift(definition, foreignKeys, (name) => columns.some((column) => column.name === name)),
        ...(kind === 'sqlite' ? await momentDrift(db, definition, columns) : []),
        ...indexDrift(definition, indexes),
      );
  }
  return differences;
}

async function momentDrift(
  db: Kysely<AnyTables>,
  definition: ModelDefinition,
  there: readonly ColumnMetadata[],
): Promise<Difference[]> {
  const differences: Difference[] = [];
  for (const column of definition.columns) {
    if (column.kind !== 'date' || !there.some(({ name }) => name === column.name)) continue;
    const found = await findForeign(db, definition, column.name);
    if (found !== undefined)
      differences.push({ kind: 'moments are in another form', table: definition.table, column, found });
  }
  return differences;
}

function indexDrift(definition: ModelDefinition, found: readonly FoundIndex[]): Difference[] {
  const { table } = definition;
  const own = found.filter((index) => index.table === table);
  return indexesOf(definition)
    .filter((wanted) => !own.some((index) => serves(index, wanted)))
    .map((index): Difference => ({ kind: 'index is missing', table, index }));
}

function tableDrift(
  definition: ModelDefinition,
  found: ReadonlyMap<string, ColumnMetadata>,
  database: DatabaseKind,
): Difference[] {
  const { table, columns, byName } = definition;
  const ofFields = columns.flatMap((column): Difference[] => {
    const there = found.get(column.name);
    if (there === undefined) return [{ kind: 'column is missing', table, column }];
    return columnDrift(definition, column, there, database);
  });
  const ofOthers = [...found.values()]
    .filter(
      ({ name, isNullable, hasDefaultValue, isAutoIncrementing }) =>
        !byName.has(name) && !isNullable && !hasDefaultValue && !isAutoIncrementing,
    )
    .map(({ name }): Difference => ({ kind: 'column is unknown and required', table, name }));
  return [...ofFields, ...ofOthers];
}

function columnDrift(
  definition: ModelDefinition,
  column: Column,
  there: ColumnMetadata,
  database: DatabaseKind,
): ColumnDifference[] {
  const { name, kind, nullable, primary, references } = column;
  const isIndexed = indexesOf(definition).some(({ columns }) => columns.includes(name));
  const what = { table: definition.table, column, isBound: primary === true || references !== undefined || isIndexed };
  const differences: ColumnDifference[] = [];
  const type = there.dataType.toLowerCase().replace(/\(.*\)$/, '');
  if (knownTypes.has(type) && !familyOf(column, database).includes(type))
    differences.push({
      ...what,
      kind: 'type differs',
      found: type,
      wanted: kind === 'date' && database === 'postgres' ? 'timestamptz' : kind,
    });
  // SQLite calls a primary key nullable unless told otherwise.
  if (primary === true) return differences;
  if (there.isNullable && !nullable) differences.push({ ...what, kind: 'column takes NULL, its field does not' });
  if (!there.isNullable && nullable) differences.push({ ...what, kind: 'field may be empty, its column may not' });
  return differences;
}

export function describeDifference(difference: Difference): string {
  if (difference.kind === 'table is missing') return `table "${difference.definition.table}" is missing`;
  if (difference.kind === 'index is missing') {
    const { unique, columns } = difference.index;
    return `"${difference.table}": the ${unique ? 'unique key' : 'index'} of ${columns.join(', ')} is missing`;
  }
  if (difference.kind === 'foreign key is missing' || difference.kind === 'foreign key differs')
    return describeForeignKey(difference);
  const name = 'column' in difference ? difference.column.name : difference.name;
  const types =
    difference.kind === 'type differs'
      ? `: the model has ${difference.wanted}, the database ${difference.found}`
      : difference.kind === 'moments are in another form'
        ? `, "${difference.found}", where the model writes "2026-01-02T03:04:05.678Z"`
        : '';
  return `"${difference.table}"."${name}": ${difference.kind}${types}`;
}
