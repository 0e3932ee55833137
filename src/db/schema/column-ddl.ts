import { type ColumnDataType, type Expression, sql } from 'kysely';
import type { Column, ColumnKind } from '../model/column-type.ts';

type DataType = ColumnDataType | Expression<unknown>;

// z.int() reaches 2^53, which is more than a PostgreSQL integer; JavaScript's dates have milliseconds, so two equal ones must stay equal.
const postgres: Readonly<Record<ColumnKind, DataType>> = {
  text: 'text',
  integer: 'bigint',
  smallInteger: 'integer',
  real: 'double precision',
  boolean: 'boolean',
  date: 'timestamptz(3)',
  bigint: 'bigint',
  json: 'jsonb',
};

// SQLite keeps any name of a type; these say what is meant, and have the affinity that is needed.
const sqlite: Readonly<Record<ColumnKind, DataType>> = {
  text: 'text',
  integer: 'integer',
  smallInteger: 'integer',
  real: 'real',
  boolean: 'boolean',
  date: sql`text`,
  bigint: 'bigint',
  json: sql`text`,
};

/** The type of a column in a kind of database. */
export function dataType({ kind }: Column, database: 'sqlite' | 'postgres'): DataType {
  return (database === 'sqlite' ? sqlite : postgres)[kind];
}
