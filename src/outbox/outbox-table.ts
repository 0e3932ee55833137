import type { Database } from '../db/database-contract.ts';
import { type Runner, SqlStore } from '../db/store/sql-store.ts';
import { type JsonRows, jsonRows, type Statement, statement } from '../db/store/statement.ts';

/** What stands in an outbox: something with an id, as a text. */
export interface OutboxRows<T> {
  readonly table: string;
  /** The column of the text. */
  readonly column: string;
  /** Makes the table, with `seq`, `id`, the column of the text and `error`, where it is not there yet. */
  readonly make: (store: SqlStore) => Promise<void>;
  readonly idOf: (item: T) => string;
  readonly write: (item: T) => string;
  readonly read: (text: string) => T;
}

/** A row that waits for being handed on. */
export interface WaitingRow<T> {
  readonly seq: number;
  readonly item: T;
}

const batch = 200;
const integers: ReadonlySet<string> = new Set(['seq']);
const seqs: JsonRows<'seq'> = jsonRows('seq');

/** The table of an outbox, in the app's own database. */
export class OutboxTable<T> {
  readonly #store: SqlStore;
  readonly #rows: OutboxRows<T>;
  readonly #statements: ReturnType<typeof statementsOf>;

  constructor(database: Database<unknown>, rows: OutboxRows<T>) {
    this.#store = new SqlStore(database, integers);
    this.#rows = rows;
    this.#statements = statementsOf(rows);
  }

  make(): Promise<void> {
    return this.#rows.make(this.#store);
  }

  /** Adds items in a transaction; for each, whether there was none with its id. */
  async insert(items: readonly T[], session: Runner): Promise<boolean[]> {
    const { idOf, write } = this.#rows;
    const store = this.#store.within(session);
    const created: boolean[] = [];
    for (const item of items) {
      const values = { id: idOf(item), text: write(item) };
      created.push((await store.run(this.#statements.insert, values)).length > 0);
    }
    return created;
  }

  /** The oldest rows beyond one that have not been refused. */
  async next(after: number): Promise<WaitingRow<T>[]> {
    const rows = await this.#store.run(this.#statements.next, { after, limit: batch });
    return rows.map(({ seq, text }) => ({ seq, item: this.#rows.read(text) }));
  }

  async delete(rows: readonly WaitingRow<T>[]): Promise<void> {
    if (rows.length > 0) await this.#store.run(this.#statements.delete, { rows: seqs.json(rows) });
  }

  /** Keeps a row that nobody will take, with the reason. */
  async refuse({ seq }: WaitingRow<T>, error: string): Promise<void> {
    await this.#store.run(this.#statements.refuse, { seq, error });
  }

  /** What is committed and has not been handed on, and why it was refused. */
  async get(id: string): Promise<{ readonly item: T; readonly error: string | undefined } | undefined> {
    const [row] = await this.#store.run(this.#statements.get, { id });
    return row && { item: this.#rows.read(row.text), error: row.error ?? undefined };
  }
}

interface OutboxStatements {
  readonly insert: Statement<{ readonly id: string; readonly text: string }, unknown>;
  readonly next: Statement<
    { readonly after: number; readonly limit: number },
    { readonly seq: number; readonly text: string }
  >;
  readonly delete: Statement<{ readonly rows: string }, unknown>;
  readonly refuse: Statement<{ readonly seq: number; readonly error: string }, unknown>;
  readonly get: Statement<{ readonly id: string }, { readonly text: string; readonly error: string | null }>;
}

function statementsOf({ table, column }: Pick<OutboxRows<unknown>, 'table' | 'column'>): OutboxStatements {
  return {
    insert: statement(
      `insert into ${table} (id, ${column}) values (:id, :text) on conflict (id) do nothing returning id`,
    ),
    next: statement(
      `select seq, ${column} as text from ${table} where error is null and seq > :after order by seq limit :limit`,
    ),
    delete: statement(({ each }) => `delete from ${table} where seq in (select ${seqs.integer('seq')} from ${each})`),
    refuse: statement(`update ${table} set error = :error where seq = :seq`),
    get: statement(`select ${column} as text, error from ${table} where id = :id`),
  };
}
