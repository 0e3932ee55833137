import type { SqlDialect } from './dialect.ts';

/** One statement of the engine: `Values` are given by name, `Row` is what comes back. */
export interface Statement<Values, Row> {
  /** SQL with values as `:name`. */
  readonly sql: (dialect: SqlDialect) => string;
  readonly '~values'?: (values: Values) => void;
  readonly '~row'?: Row;
}

export function statement<Values = Record<never, never>, Row = unknown>(
  sql: string | ((dialect: SqlDialect) => string),
): Statement<Values, Row> {
  return { sql: typeof sql === 'string' ? () => sql : sql };
}

/** A statement in the words of one database. */
export interface WrittenStatement {
  readonly text: string;
  /** Which values it takes, in the order in which the driver wants them. */
  readonly names: readonly string[];
}

/** Puts the database's own placeholders in the place of names. */
export function writeStatement({ sql }: Pick<Statement<never, never>, 'sql'>, dialect: SqlDialect): WrittenStatement {
  const names: string[] = [];
  const text = sql(dialect).replaceAll(/:(\w+)/g, (_, name: string) => {
    if (dialect.kind === 'sqlite') {
      names.push(name);
      return '?';
    }
    if (!names.includes(name)) names.push(name);
    return `$${names.indexOf(name) + 1}`;
  });
  return { text, names };
}

/** Rows that one value of a statement carries as JSON: lists, so that the names of columns are not sent with each. */
export interface JsonRows<K extends string> {
  readonly json: (rows: readonly Readonly<Record<K, unknown>>[]) => string;
  /** SQL of a column that is text. */
  readonly text: (column: K) => string;
  /** SQL of a column that is an integer. */
  readonly integer: (column: K) => string;
}

/** Declares the columns of JSON rows, which `dialect.each` unfolds. */
export function jsonRows<const K extends string>(...columns: readonly K[]): JsonRows<K> {
  const text = (column: K): string => `f.value ->> ${columns.indexOf(column)}`;
  return {
    json: (rows) => JSON.stringify(rows.map((row) => columns.map((column) => row[column]))),
    text,
    integer: (column) => `cast(${text(column)} as bigint)`,
  };
}
