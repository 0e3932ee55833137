import type { ColumnKind } from '../table/column-type.ts';
import type { ModelDefinition } from '../table/definition.ts';
import { momentOf } from '../table/moments.ts';

// What a value of a kind becomes when a database writes it into JSON, back again.
const decoders: Partial<Record<ColumnKind, (value: unknown) => unknown>> = {
  date: (value) => (typeof value === 'string' ? momentOf(value) : new Date(value as number)),
  boolean: (value) => value === true || value === 1,
  bigint: (value) => BigInt(value as string | number),
  // A text in SQLite, inside of JSON as well.
  json: (value) => JSON.parse(value as string),
};

/** Rows that came as JSON, with the values of the model; what is no column of it stays as it is. */
export function rowsFromJson({ byName, home }: ModelDefinition, rows: readonly object[]): Record<string, unknown>[] {
  const isSqlite = home.kind === 'sqlite';
  const decode = (name: string, value: unknown): unknown => {
    const column = byName.get(name);
    if (column === undefined) return value;
    if (value === null) return column.isUndefined ? undefined : null;
    if (column.kind === 'json' && !isSqlite) return value;
    const how = decoders[column.kind];
    return how === undefined ? value : how(value);
  };
  return rows.map((row) => Object.fromEntries(Object.entries(row).map(([name, value]) => [name, decode(name, value)])));
}
