import { CompiledQuery, type Kysely } from 'kysely';
import type { Database } from '../../../db/database-contract.ts';
import type { NewTask } from '../../contract/engine.ts';
import { notRunYet, type TaskError, type TaskRecord } from '../../contract/task-record.ts';

type Runner = Pick<Kysely<unknown>, 'executeQuery'>;

/** A task that waits to be handed on. */
export interface OutboxRow {
  readonly seq: number;
  readonly task: NewTask;
}

const batch = 200;

/** The table of an outbox, in the app's own database. */
export class OutboxTable {
  readonly #database: Database<unknown>;
  readonly #isPostgres: boolean;

  constructor(database: Database<unknown>) {
    this.#database = database;
    this.#isPostgres = database.kind === 'postgres';
  }

  async make(): Promise<void> {
    const seq = this.#isPostgres
      ? 'bigint generated always as identity primary key'
      : 'integer primary key autoincrement';
    const columns = `seq ${seq}, id text not null unique, task text not null, error text`;
    await this.#database.transaction(async (session) => {
      // PostgreSQL's "if not exists" is no match for two processes that start at once.
      if (this.#isPostgres) await this.#run(`select pg_advisory_xact_lock(hashtext('cortado_schema'))`, [], session);
      await this.#run(`create table if not exists cortado_outbox (${columns})`, [], session);
    });
  }

  /** Adds tasks in a transaction; for each, whether there was none with its id. */
  async insert(tasks: readonly NewTask[], session: Runner): Promise<boolean[]> {
    const created: boolean[] = [];
    for (const task of tasks) {
      const text = 'insert into cortado_outbox (id, task) values (?, ?) on conflict (id) do nothing returning id';
      created.push((await this.#run(text, [task.id, JSON.stringify(task)], session)).length > 0);
    }
    return created;
  }

  /** The oldest rows beyond one that have not been refused. */
  async next(after: number): Promise<OutboxRow[]> {
    const text = `select seq, task from cortado_outbox where error is null and seq > ? order by seq limit ${batch}`;
    const rows = await this.#run<{ seq: number | string; task: string }>(text, [after]);
    return rows.map(({ seq, task }) => ({ seq: Number(seq), task: readTask(task) }));
  }

  async delete(seqs: readonly number[]): Promise<void> {
    if (seqs.length > 0)
      await this.#run(`delete from cortado_outbox where seq in (${seqs.map(() => '?').join(', ')})`, seqs);
  }

  async refuse(seq: number, error: TaskError): Promise<void> {
    await this.#run('update cortado_outbox set error = ? where seq = ?', [JSON.stringify(error), seq]);
  }

  /** A task that is committed and has not been handed on. */
  async get(id: string): Promise<TaskRecord | undefined> {
    const [row] = await this.#run<{ task: string; error: string | null }>(
      'select task, error from cortado_outbox where id = ?',
      [id],
    );
    if (row === undefined) return undefined;
    const task = readTask(row.task);
    const error = row.error === null ? undefined : (JSON.parse(row.error) as TaskError);
    const state =
      error !== undefined ? 'failed' : task.runAt > task.createdAt || task.after.length > 0 ? 'scheduled' : 'queued';
    return {
      ...task,
      ...notRunYet,
      state,
      error,
      finishedAt: error === undefined ? undefined : task.createdAt,
    };
  }

  async #run<Row>(sql: string, values: readonly unknown[], runner: Runner = this.#database.kysely): Promise<Row[]> {
    let count = 0;
    const text = this.#isPostgres ? sql.replaceAll('?', () => `$${++count}`) : sql;
    const { rows } = await runner.executeQuery(CompiledQuery.raw(text, [...values]));
    return rows as Row[];
  }
}

// What JSON leaves out is undefined, and has to be there.
function readTask(text: string): NewTask {
  const task = JSON.parse(text) as NewTask;
  return { ...task, expiresAt: task.expiresAt, unique: task.unique };
}
