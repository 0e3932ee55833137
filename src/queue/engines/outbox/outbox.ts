import { CortadoError } from '../../../base/error.ts';
import type { Database } from '../../../db/database-contract.ts';
import type { Session } from '../../../db/session/session.ts';
import type { CancelResult, EngineHost, Enqueued, NewTask, TaskStorage } from '../../contract/engine.ts';
import { farewell } from '../../contract/farewell.ts';
import type { OpenOutbox, Outbox } from '../../contract/outbox.ts';
import { PartialFailure } from '../../contract/partial-failure.ts';
import type { TaskRecord } from '../../contract/task-record.ts';
import { toTaskError } from '../../contract/to-task-error.ts';
import { OutboxTable, type WaitingTask } from './outbox-table.ts';

// What another process left behind is found within this many milliseconds.
const lookEvery = 2000;

/**
 * An outbox in a database: a task that is enqueued inside of a transaction is a row first, which commits or vanishes with the rest; it is
 * handed on after the commit, by whichever process comes first, and only once, since an engine accepts an id only once.
 */
export function databaseOutbox(database: Database<unknown>): Outbox {
  return {
    async open(storage, host) {
      await database.open();
      const table = new OutboxTable(database);
      await table.make();
      return new Relay(storage, database, table, host);
    },
  };
}

/** Hands the rows of an outbox on to an engine. */
class Relay implements OpenOutbox {
  readonly #storage: TaskStorage;
  readonly #database: Database<unknown>;
  readonly #table: OutboxTable;
  readonly #host: EngineHost;
  #timer: NodeJS.Timeout | undefined;
  #working: Promise<void> | undefined;
  #again = false;
  #isClosed = false;

  constructor(storage: TaskStorage, database: Database<unknown>, table: OutboxTable, host: EngineHost) {
    this.#storage = storage;
    this.#database = database;
    this.#table = table;
    this.#host = host;
    this.#relay();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await farewell(this.#working);
  }

  currentTransaction(): object | undefined {
    return this.#database.current();
  }

  async enqueue(tasks: readonly NewTask[], transaction?: object): Promise<readonly Enqueued[]> {
    if (transaction === undefined) return this.#storage.enqueue(tasks);
    const session = transaction as Session<unknown>;
    const keyed = tasks.find(({ unique }) => unique !== undefined);
    if (keyed !== undefined) {
      const message = `"${keyed.name}" is unique, which only the broker can tell, after the commit. Enqueue it after the transaction, or give it an id.`;
      throw new CortadoError('CORTADO_QUEUE_UNSUPPORTED', message, { status: 501 });
    }
    const created = await this.#table.insert(tasks, session);
    session.afterCommit(() => this.#relay());
    return tasks.map(({ id }, at) => ({ id, created: created[at]! }));
  }

  async get(id: string): Promise<TaskRecord | undefined> {
    // It may be handed on between the first two looks; the row goes only when the engine has it.
    return (await this.#storage.get(id)) ?? (await this.#table.get(id)) ?? (await this.#storage.get(id));
  }

  async cancel(id: string, reason: string): Promise<CancelResult> {
    const result = await this.#storage.cancel(id, reason);
    if (result !== undefined) return result;
    if ((await this.#table.get(id)) === undefined) return this.#storage.cancel(id, reason);
    // It is on its way: once it has arrived it can be cancelled like any other.
    await this.#handOn();
    return this.#storage.cancel(id, reason);
  }

  #relay(): void {
    if (this.#isClosed) return;
    if (this.#working !== undefined) {
      this.#again = true;
      return;
    }
    clearTimeout(this.#timer);
    this.#again = false;
    this.#working = this.#handOn().then(
      () => {},
      (error: unknown) =>
        this.#host.log.error({ err: error }, `enqueued tasks wait in the outbox; trying again in ${lookEvery} ms`),
    );
    void this.#working.then(() => {
      this.#working = undefined;
      if (this.#isClosed) return;
      if (this.#again) return this.#relay();
      this.#timer = setTimeout(() => this.#relay(), lookEvery);
      this.#timer.unref();
    });
  }

  // What the engine does not take now waits for the next time, and holds up nothing that comes after it.
  async #handOn(): Promise<void> {
    let reason: unknown;
    for (let rows = await this.#table.next(0); rows.length > 0; rows = await this.#table.next(rows.at(-1)!.seq)) {
      const why = await this.#handOnRows(rows);
      reason ??= why;
    }
    if (reason !== undefined) throw reason;
  }

  /** Resolves to why some of the rows have to wait. */
  async #handOnRows(rows: readonly WaitingTask[]): Promise<unknown> {
    try {
      await this.#storage.enqueue(rows.map(({ task }) => task));
      await this.#table.delete(rows);
      return undefined;
    } catch (error) {
      if (isAway(error)) throw error;
      if (!(error instanceof PartialFailure)) return this.#handOnSingly(rows);
      await this.#table.delete(rows.filter((_, at) => error.problems[at] === undefined));
      return error;
    }
  }

  // One that the engine refuses must not hold up the others.
  async #handOnSingly(rows: readonly WaitingTask[]): Promise<unknown> {
    let reason: unknown;
    let waiting = 0;
    for (const row of rows) {
      const { task } = row;
      try {
        await this.#storage.enqueue([task]);
        await this.#table.delete([row]);
      } catch (error) {
        if (isAway(error)) throw error;
        if (!(error instanceof CortadoError)) {
          reason ??= error;
          waiting++;
          continue;
        }
        this.#host.log.error(
          { err: error, task_id: task.id, task: task.name },
          'the engine refused a task of the outbox',
        );
        await this.#table.refuse(row, toTaskError(error));
      }
    }
    // It is hardly all of them that are at fault.
    if (waiting === rows.length) throw reason;
    return reason;
  }
}

function isAway(error: unknown): boolean {
  return error instanceof CortadoError && error.code === 'CORTADO_QUEUE_UNREACHABLE';
}
