import type { Database } from '../../../db/database-contract.ts';
import type { NewTask } from '../../contract/engine.ts';
import { notRunYet, type TaskError, type TaskRecord } from '../../contract/task-record.ts';
import { makeTables } from '../sql/store/schema.ts';
import { type Runner, SqlStore } from '../sql/store/sql-store.ts';
import { type Statement, statement } from '../sql/store/statement.ts';
import { type Rows, seqs } from '../sql/store/tables.ts';

export interface WaitingTask {
  readonly seq: number;
  readonly task: NewTask;
}

const batch = 200;

/** The table of an outbox, in the app's own database. */
export class OutboxTable {
  readonly #store: SqlStore;

  constructor(database: Database<unknown>) {
    this.#store = new SqlStore(database);
  }

  make(): Promise<void> {
    return makeTables(this.#store);
  }

  /** Adds tasks in a transaction; for each, whether there was none with its id. */
  async insert(tasks: readonly NewTask[], session: Runner): Promise<boolean[]> {
    const store = this.#store.within(session);
    const created: boolean[] = [];
    for (const task of tasks) {
      const values = { id: task.id, task: JSON.stringify(task) };
      created.push((await store.run(insertOutbox, values)).length > 0);
    }
    return created;
  }

  /** The oldest rows beyond one that have not been refused. */
  async next(after: number): Promise<WaitingTask[]> {
    const rows = await this.#store.run(nextOutbox, { after, limit: batch });
    return rows.map(({ seq, task }) => ({ seq, task: readTask(task) }));
  }

  async delete(rows: readonly WaitingTask[]): Promise<void> {
    if (rows.length > 0) await this.#store.run(deleteOutbox, { rows: seqs.json(rows) });
  }

  async refuse({ seq }: WaitingTask, error: TaskError): Promise<void> {
    await this.#store.run(refuseOutbox, { seq, error: JSON.stringify(error) });
  }

  /** A task that is committed and has not been handed on. */
  async get(id: string): Promise<TaskRecord | undefined> {
    const [row] = await this.#store.run(getOutbox, { id });
    if (row === undefined) return undefined;
    const task = readTask(row.task);
    const error = row.error === null ? undefined : (JSON.parse(row.error) as TaskError);
    const waits = task.runAt > task.createdAt || task.after.length > 0;
    return {
      ...task,
      ...notRunYet,
      state: error !== undefined ? 'failed' : waits ? 'scheduled' : 'queued',
      error,
      finishedAt: error === undefined ? undefined : task.createdAt,
    };
  }
}

// What JSON leaves out is undefined, and has to be there.
function readTask(text: string): NewTask {
  const task = JSON.parse(text) as NewTask;
  return { ...task, expiresAt: task.expiresAt, unique: task.unique };
}

const insertOutbox: Statement<{ readonly id: string; readonly task: string }, unknown> = statement(
  'insert into cortado_outbox (id, task) values (:id, :task) on conflict (id) do nothing returning id',
);

/** The oldest beyond one that have not been refused. */
const nextOutbox: Statement<
  { readonly after: number; readonly limit: number },
  { readonly seq: number; readonly task: string }
> = statement('select seq, task from cortado_outbox where error is null and seq > :after order by seq limit :limit');

const deleteOutbox: Statement<Rows, unknown> = statement(
  ({ each }) => `delete from cortado_outbox where seq in (select ${seqs.integer('seq')} from ${each})`,
);

const refuseOutbox: Statement<{ readonly seq: number; readonly error: string }, unknown> = statement(
  'update cortado_outbox set error = :error where seq = :seq',
);

const getOutbox: Statement<{ readonly id: string }, { readonly task: string; readonly error: string | null }> =
  statement('select task, error from cortado_outbox where id = :id');
