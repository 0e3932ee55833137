import { CompiledQuery, type Kysely } from 'kysely';
import type { Database } from '../../../../db/database-contract.ts';
import type { SqlDialect } from './dialect.ts';
import { type StatementName, type Statements, statementsOf } from './statements.ts';

/** What runs statements: the database, or one transaction of it. */
export type Runner = Pick<Kysely<unknown>, 'executeQuery'>;

/** A database as the engine uses it: statements by name. */
export class SqlStore {
  readonly database: Database<unknown>;
  readonly dialect: SqlDialect;
  readonly #statements: Statements;

  constructor(database: Database<unknown>, dialect: SqlDialect) {
    this.database = database;
    this.dialect = dialect;
    this.#statements = statementsOf(dialect);
  }

  /** Runs a statement; in a transaction of its own unless one is given. */
  async run<Row>(
    name: StatementName,
    values: readonly unknown[],
    runner: Runner = this.database.kysely,
  ): Promise<Row[]> {
    const { rows } = await runner.executeQuery(CompiledQuery.raw(this.#statements[name], [...values]));
    return rows as Row[];
  }

  /** Runs SQL that is not one of the statements. */
  async runText<Row>(
    sql: string,
    values: readonly unknown[] = [],
    runner: Runner = this.database.kysely,
  ): Promise<Row[]> {
    let count = 0;
    const text = this.dialect.kind === 'sqlite' ? sql : sql.replaceAll('?', () => `$${++count}`);
    const { rows } = await runner.executeQuery(CompiledQuery.raw(text, [...values]));
    return rows as Row[];
  }

  transaction<T>(work: (runner: Runner) => Promise<T>): Promise<T> {
    return this.database.transaction(work);
  }
}

/** JSON of rows, as statements take them. */
export function json(rows: readonly (readonly unknown[])[]): string {
  return JSON.stringify(rows);
}
