import type { ColumnMetadata, Kysely } from 'kysely';
import type { Column, ColumnKind } from '../model/column-type.ts';
import type { ModelDefinition } from '../model/definition.ts';
import type { AnyTables } from '../model/home.ts';

/** One way in which a database is not what the models say. */
export type Difference =
  | { readonly kind: 'table is missing'; readonly definition: ModelDefinition }
  | { readonly kind: 'column is missing'; readonly table: string; readonly column: Column }
  /** A column that no field writes, and that must have a value: rows cannot be added. */
  | { readonly kind: 'column is unknown and required'; readonly table: string; readonly name: string }
  | { readonly kind: 'column takes NULL, its field does not'; readonly table: string; readonly name: string }
  | { readonly kind: 'field may be empty, its column may not'; readonly table: string; readonly name: string }
  | {
      readonly kind: 'type differs';
      readonly table: string;
      readonly name: string;
      readonly expected: string;
      readonly found: string;
    };

// What databases call types that hold what a field holds; a type that is in no list is left to its owner.
const families: Readonly<Record<ColumnKind, readonly string[]>> = {
  text: ['text', 'varchar', 'bpchar', 'char', 'citext', 'uuid', 'name'],
  integer: ['int8', 'int4', 'int2', 'integer', 'bigint', 'int'],
  smallInteger: ['int8', 'int4', 'int2', 'integer', 'bigint', 'int'],
  bigint: ['int8', 'int4', 'int2', 'integer', 'bigint', 'int'],
  real: ['float8', 'float4', 'real', 'double', 'double precision', 'numeric'],
  boolean: ['bool', 'boolean'],
  date: ['timestamptz', 'timestamp', 'date', 'datetime', 'text'],
  json: ['jsonb', 'json', 'text'],
};
const knownTypes = new Set(Object.values(families).flat());

/** Compares the tables of models with those that are there. Tables and columns that no model names are nobody's business. */
export async function findDrift(db: Kysely<AnyTables>, definitions: readonly ModelDefinition[]): Promise<Difference[]> {
  const found = new Map((await db.introspection.getTables()).map(({ name, columns }) => [name, columns]));
  return definitions.flatMap((definition): Difference[] => {
    const columns = found.get(definition.table);
    if (columns === undefined) return [{ kind: 'table is missing', definition }];
    return tableDrift(definition, new Map(columns.map((column) => [column.name, column])));
  });
}

function tableDrift(
  { table, columns, byName }: ModelDefinition,
  found: ReadonlyMap<string, ColumnMetadata>,
): Difference[] {
  const ofFields = columns.flatMap((column): Difference[] => {
    const there = found.get(column.name);
    return there === undefined ? [{ kind: 'column is missing', table, column }] : columnDrift(table, column, there);
  });
  const ofOthers = [...found.values()]
    .filter(
      ({ name, isNullable, hasDefaultValue, isAutoIncrementing }) =>
        !byName.has(name) && !isNullable && !hasDefaultValue && !isAutoIncrementing,
    )
    .map(({ name }): Difference => ({ kind: 'column is unknown and required', table, name }));
  return [...ofFields, ...ofOthers];
}

function columnDrift(table: string, { name, kind, nullable, primary }: Column, there: ColumnMetadata): Difference[] {
  const differences: Difference[] = [];
  const type = there.dataType.toLowerCase().replace(/\(.*\)$/, '');
  if (knownTypes.has(type) && !families[kind].includes(type))
    differences.push({ kind: 'type differs', table, name, expected: kind, found: type });
  // SQLite calls a primary key nullable unless told otherwise.
  if (primary === true) return differences;
  if (there.isNullable && !nullable) differences.push({ kind: 'column takes NULL, its field does not', table, name });
  if (!there.isNullable && nullable) differences.push({ kind: 'field may be empty, its column may not', table, name });
  return differences;
}

/** A difference in words. */
export function describeDifference(difference: Difference): string {
  if (difference.kind === 'table is missing') return `table "${difference.definition.table}" is missing`;
  const name = difference.kind === 'column is missing' ? difference.column.name : difference.name;
  const types =
    difference.kind === 'type differs'
      ? `: the model has ${difference.expected}, the database ${difference.found}`
      : '';
  return `"${difference.table}"."${name}": ${difference.kind}${types}`;
}
