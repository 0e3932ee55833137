import type { ColumnDataType } from 'kysely';
import type { Column, ColumnKind } from '../model/table/column-type.ts';

// z.int() reaches 2^53, which is more than a PostgreSQL integer; JavaScript's dates have milliseconds, so two equal ones must stay equal.
const postgres: Readonly<Record<ColumnKind, ColumnDataType>> = {
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
const sqlite: Readonly<Record<ColumnKind, ColumnDataType>> = {
  text: 'text',
  integer: 'integer',
  smallInteger: 'integer',
  real: 'real',
  boolean: 'boolean',
  date: 'text',
  bigint: 'bigint',
  json: 'text',
};

export function dataType({ kind }: Column, database: 'sqlite' | 'postgres'): ColumnDataType {
  return (database === 'sqlite' ? sqlite : postgres)[kind];
}
