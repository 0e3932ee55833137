/** Where the SQL of the two databases differs. */
export interface SqlDialect {
  readonly kind: 'sqlite' | 'postgres';
  /** Unfolds the JSON of the value `rows`, as `f(value)`. */
  readonly each: string;
  readonly serial: string;
  /** Ends a select of rows to be changed: those that another process is changing are left to it. */
  readonly skipLocked: string;
  readonly least: string;
}

export const sqlite: SqlDialect = {
  kind: 'sqlite',
  each: 'json_each(:rows) f',
  serial: 'integer primary key autoincrement',
  skipLocked: '',
  least: 'min',
};

export const postgres: SqlDialect = {
  kind: 'postgres',
  each: 'jsonb_array_elements(cast(:rows as jsonb)) f(value)',
  serial: 'bigint generated always as identity primary key',
  skipLocked: ' for update skip locked',
  least: 'least',
};
