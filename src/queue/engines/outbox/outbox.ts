import { CortadoError } from '../../../base/error.ts';
import type { Database } from '../../../db/database-contract.ts';
import type { Session } from '../../../db/session/session.ts';
import { type OutboxRows, OutboxTable } from '../../../outbox/outbox-table.ts';
import { relay } from '../../../outbox/relay.ts';
import type { NewTask, TaskStorage } from '../../contract/engine.ts';
import type { Outbox } from '../../contract/outbox.ts';
import { PartialFailure } from '../../contract/partial-failure.ts';
import { notRunYet, type TaskError, type TaskRecord } from '../../contract/task-record.ts';
import { toTaskError } from '../../contract/to-task-error.ts';
import { makeTables } from '../sql/store/schema.ts';

const rows: OutboxRows<NewTask> = {
  table: 'cortado_outbox',
  column: 'task',
  make: makeTables,
  idOf: ({ id }) => id,
  write: (task) => JSON.stringify(task),
  // What JSON leaves out is undefined, and has to be there.
  read: (text) => {
    const task = JSON.parse(text) as NewTask;
    return { ...task, expiresAt: task.expiresAt, unique: task.unique };
  },
};

/**
 * An outbox in a database: a task that is enqueued inside of a transaction is a row first, which commits or vanishes with the rest; it is
 * handed on after the commit, by whichever process comes first, and only once, since an engine accepts an id only once.
 */
export function databaseOutbox(database: Database<unknown>): Outbox {
  return {
    async open(storage, { log }) {
      await database.open();
      const table = new OutboxTable(database, rows);
      await table.make();
      const { work, handOn, close } = relay({
        table,
        log,
        what: 'enqueued tasks',
        handOn: async (tasks) => void (await storage.enqueue(tasks)),
        isAway: (error) => error instanceof CortadoError && error.code === 'CORTADO_QUEUE_UNREACHABLE',
        problemsOf: (error) => (error instanceof PartialFailure ? error.problems : undefined),
        refused: (task, error) => {
          const fields = { err: error, task_id: task.id, task: task.name };
          log.error(fields, 'the engine refused a task of the outbox');
          return JSON.stringify(toTaskError(error));
        },
      });
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
          return (await storage.get(id)) ?? (await recordOf(table, id)) ?? (await storage.get(id));
        },

        cancel: (id, reason) => cancel(storage, table, handOn, id, reason),
        close,
      };
    },
  };
}

async function cancel(
  storage: TaskStorage,
  table: OutboxTable<NewTask>,
  handOn: () => Promise<void>,
  id: string,
  reason: Parameters<TaskStorage['cancel']>[1],
): ReturnType<TaskStorage['cancel']> {
  const result = await storage.cancel(id, reason);
  if (result !== undefined) return result;
  // Where it is on its way: once it has arrived it can be cancelled like any other.
  if ((await table.get(id)) !== undefined) await handOn();
  return storage.cancel(id, reason);
}

/** A task that is committed and has not been handed on. */
async function recordOf(table: OutboxTable<NewTask>, id: string): Promise<TaskRecord | undefined> {
  const found = await table.get(id);
  if (found === undefined) return undefined;
  const { item: task } = found;
  const error = found.error === undefined ? undefined : (JSON.parse(found.error) as TaskError);
  const waits = task.runAt > task.createdAt || task.after.length > 0;
  return {
    ...task,
    ...notRunYet,
    state: error !== undefined ? 'failed' : waits ? 'scheduled' : 'queued',
    error,
    finishedAt: error === undefined ? undefined : task.createdAt,
  };
}
