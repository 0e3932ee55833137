/** Where the SQL of the two databases differs. */
export interface SqlDialect {
  readonly kind: 'sqlite' | 'postgres';
  /** Rows of a JSON array of arrays, as `f(value)`. */
  readonly each: string;
  readonly serial: string;
  /** Ends a select of rows to be changed: those that another process is changing are left to it. */
  readonly skipLocked: string;
  readonly least: string;
  /** Holds up everybody else who asks for the same queue, until the transaction ends; SQLite has one writer anyway. */
  readonly lockQueue: string | undefined;
}

export const sqlite: SqlDialect = {
  kind: 'sqlite',
  each: 'json_each(?) f',
  serial: 'integer primary key autoincrement',
  skipLocked: '',
  least: 'min',
  lockQueue: undefined,
};

export const postgres: SqlDialect = {
  kind: 'postgres',
  each: 'jsonb_array_elements(cast(? as jsonb)) f(value)',
  serial: 'bigint generated always as identity primary key',
  skipLocked: ' for update skip locked',
  least: 'least',
  lockQueue: `select pg_advisory_xact_lock(hashtext('cortado_tasks'), hashtext(?))`,
};
