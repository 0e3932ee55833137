import { CortadoError } from '../../../base/error.ts';
import type { Database } from '../../../db/database-contract.ts';
import type { Session } from '../../../db/session/session.ts';
import type { EngineHost, TaskStorage } from '../../contract/engine.ts';
import { farewell } from '../../contract/farewell.ts';
import type { OpenOutbox, Outbox } from '../../contract/outbox.ts';
import { PartialFailure } from '../../contract/partial-failure.ts';
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
      return relay(storage, database, table, host);
    },
  };
}

// Hands the rows of an outbox on to an engine.
function relay(storage: TaskStorage, database: Database<unknown>, table: OutboxTable, host: EngineHost): OpenOutbox {
  let timer: NodeJS.Timeout | undefined;
  let working: Promise<void> | undefined;
  let again = false;
  let isClosed = false;

  function work(): void {
    if (isClosed) return;
    if (working !== undefined) {
      again = true;
      return;
    }
    clearTimeout(timer);
    again = false;
    working = handOn().catch((error: unknown) =>
      host.log.error({ err: error }, `enqueued tasks wait in the outbox; trying again in ${lookEvery} ms`),
    );
    void working.then(() => {
      working = undefined;
      if (isClosed) return;
      if (again) return work();
      timer = setTimeout(work, lookEvery).unref();
    });
  }

  // What the engine does not take now waits for the next time, and holds up nothing that comes after it.
  async function handOn(): Promise<void> {
    let reason: unknown;
    for (let rows = await table.next(0); rows.length > 0; rows = await table.next(rows.at(-1)!.seq)) {
      const why = await handOnRows(rows);
      reason ??= why;
    }
    if (reason !== undefined) throw reason;
  }

  /** Resolves to why some of the rows have to wait. */
  async function handOnRows(rows: readonly WaitingTask[]): Promise<unknown> {
    try {
      await storage.enqueue(rows.map(({ task }) => task));
      await table.delete(rows);
      return undefined;
    } catch (error) {
      if (isAway(error)) throw error;
      if (!(error instanceof PartialFailure)) return handOnSingly(rows);
      await table.delete(rows.filter((_, at) => error.problems[at] === undefined));
      return error;
    }
  }

  // One that the engine refuses must not hold up the others.
  async function handOnSingly(rows: readonly WaitingTask[]): Promise<unknown> {
    let reason: unknown;
    let waiting = 0;
    for (const row of rows) {
      const { task } = row;
      try {
        await storage.enqueue([task]);
        await table.delete([row]);
      } catch (error) {
        if (isAway(error)) throw error;
        if (!(error instanceof CortadoError)) {
          reason ??= error;
          waiting++;
          continue;
        }
        const fields = { err: error, task_id: task.id, task: task.name };
        host.log.error(fields, 'the engine refused a task of the outbox');
        await table.refuse(row, toTaskError(error));
      }
    }
    // It is hardly all of them that are at fault.
    if (waiting === rows.length) throw reason;
    return reason;
  }

  work();
  return {
    currentTransaction: () => database.current(),

    async enqueue(tasks, transaction) {
      if (transaction === undefined) return storage.enqueue(tasks);
      const session = transaction as Session<unknown>;
      const keyed = tasks.find(({ unique }) => unique !== undefined);
      if (keyed !== undefined) {
        const message = `"${keyed.name}" is unique, which only the broker can tell, after the commit. Enqueue it after the transaction, or give it an id.`;
        throw new CortadoError('CORTADO_QUEUE_UNSUPPORTED', message, { status: 501 });
      }
      const created = await table.insert(tasks, session);
      session.afterCommit(work);
      return tasks.map(({ id }, at) => ({ id, created: created[at]! }));
    },

    async get(id) {
      // It may be handed on between the first two looks; the row goes only when the engine has it.
      return (await storage.get(id)) ?? (await table.get(id)) ?? (await storage.get(id));
    },

    async cancel(id, reason) {
      const result = await storage.cancel(id, reason);
      if (result !== undefined) return result;
      // Where it is on its way: once it has arrived it can be cancelled like any other.
      if ((await table.get(id)) !== undefined) await handOn();
      return storage.cancel(id, reason);
    },

    async close() {
      isClosed = true;
      clearTimeout(timer);
      await farewell(working);
    },
  };
}

function isAway(error: unknown): boolean {
  return error instanceof CortadoError && error.code === 'CORTADO_QUEUE_UNREACHABLE';
}
