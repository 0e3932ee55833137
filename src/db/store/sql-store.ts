import { CompiledQuery, type Kysely } from 'kysely';
import type { Database } from '../database-contract.ts';
import { postgres, type SqlDialect, sqlite } from './dialect.ts';
import { type Statement, type WrittenStatement, writeStatement } from './statement.ts';

/** What runs statements: the database, or one transaction of it. */
export type Runner = Pick<Kysely<unknown>, 'executeQuery'>;

/** A database as an engine uses it, or one transaction of it. */
export class SqlStore {
  readonly database: Database<unknown>;
  readonly dialect: SqlDialect;
  readonly #integers: ReadonlySet<string>;
  readonly #runner: Runner | undefined;
  readonly #written: Map<object, WrittenStatement>;

  /** `integers` names the columns that are integers: PostgreSQL's driver may give them as strings. */
  constructor(
    database: Database<unknown>,
    integers: ReadonlySet<string>,
    runner?: Runner,
    written: Map<object, WrittenStatement> = new Map(),
  ) {
    this.database = database;
    this.#integers = integers;
    this.dialect = database.kind === 'sqlite' ? sqlite : postgres;
    this.#runner = runner;
    this.#written = written;
  }

  /** The same within a transaction, where one is given. */
  within(runner: Runner | undefined): SqlStore {
    return runner === undefined ? this : new SqlStore(this.database, this.#integers, runner, this.#written);
  }

  /** Runs `work` in a transaction: in this one, where it is one already. */
  transaction<T>(work: (inside: SqlStore) => Promise<T>): Promise<T> {
    if (this.#runner !== undefined) return work(this);
    return this.database.transaction((session) => work(this.within(session)));
  }

  run<Values, Row>(statement: Statement<Values, Row>, values: Values): Promise<Row[]> {
    let written = this.#written.get(statement);
    if (written === undefined) this.#written.set(statement, (written = writeStatement(statement, this.dialect)));
    return this.#run(written, values);
  }

  /** Runs a statement that was put together for this call. */
  runOnce<Values, Row>(statement: Statement<Values, Row>, values: Values): Promise<Row[]> {
    return this.#run(writeStatement(statement, this.dialect), values);
  }

  async #run<Values, Row>({ text, names }: WrittenStatement, values: Values): Promise<Row[]> {
    const given = values as Readonly<Record<string, unknown>>;
    const rows = await this.runText(
      text,
      names.map((name) => given[name]),
    );
    if (this.dialect.kind === 'postgres') decodeIntegers(rows as Record<string, unknown>[], this.#integers);
    return rows as Row[];
  }

  async runText(sql: string, values: unknown[] = []): Promise<unknown[]> {
    const runner = this.#runner ?? this.database.kysely;
    return (await runner.executeQuery(CompiledQuery.raw(sql, values))).rows;
  }
}

// PostgreSQL's driver gives what is wider than 32 bits as a string, unless the app has told it otherwise.
function decodeIntegers(rows: readonly Record<string, unknown>[], integers: ReadonlySet<string>): void {
  const [first] = rows;
  if (first === undefined) return;
  const present = Object.keys(first).filter((name) => integers.has(name));
  for (const row of rows) for (const name of present) if (typeof row[name] === 'string') row[name] = Number(row[name]);
}
