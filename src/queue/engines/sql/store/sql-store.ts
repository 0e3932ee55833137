import { CompiledQuery, type Kysely } from 'kysely';
import type { Database } from '../../../../db/database-contract.ts';
import { postgres, type SqlDialect, sqlite } from './dialect.ts';
import { type Statement, type WrittenStatement, writeStatement } from './statement.ts';

/** What runs statements: the database, or one transaction of it. */
export type Runner = Pick<Kysely<unknown>, 'executeQuery'>;

/** A database as the engine uses it. */
export class SqlStore {
  readonly database: Database<unknown>;
  readonly dialect: SqlDialect;
  readonly #written = new Map<object, WrittenStatement>();

  constructor(database: Database<unknown>) {
    this.database = database;
    this.dialect = database.kind === 'sqlite' ? sqlite : postgres;
  }

  /** Runs a statement; in a transaction of its own unless one is given. */
  run<Values, Row>(statement: Statement<Values, Row>, values: Values, runner?: Runner): Promise<Row[]> {
    let written = this.#written.get(statement);
    if (written === undefined) {
      written = writeStatement(statement, this.dialect);
      this.#written.set(statement, written);
    }
    return this.#run(written, statement.integers, values, runner);
  }

  /** Runs a statement that was put together for this call. */
  runOnce<Values, Row>(statement: Statement<Values, Row>, values: Values, runner?: Runner): Promise<Row[]> {
    return this.#run(writeStatement(statement, this.dialect), statement.integers, values, runner);
  }

  async #run<Values, Row>(
    { text, names }: WrittenStatement,
    integers: readonly string[],
    values: Values,
    runner: Runner = this.database.kysely,
  ): Promise<Row[]> {
    const given = names.map((name) => (values as Readonly<Record<string, unknown>>)[name]);
    const { rows } = await runner.executeQuery(CompiledQuery.raw(text, given));
    if (this.dialect.kind === 'postgres') decodeIntegers(rows as Record<string, unknown>[], integers);
    return rows as Row[];
  }

  /** Runs SQL without values. */
  async runText(sql: string, runner: Runner = this.database.kysely): Promise<void> {
    await runner.executeQuery(CompiledQuery.raw(sql));
  }

  transaction<T>(work: (runner: Runner) => Promise<T>): Promise<T> {
    return this.database.transaction(work);
  }
}

// PostgreSQL's driver gives what is wider than 32 bits as a string, unless the app has told it otherwise.
function decodeIntegers(rows: readonly Record<string, unknown>[], integers: readonly string[]): void {
  for (const row of rows) for (const name of integers) if (typeof row[name] === 'string') row[name] = Number(row[name]);
}
