import type { Clock } from '../../../base/clock.ts';
import { CortadoError } from '../../../base/error.ts';
import type { Session } from '../../../db/session/session.ts';
import type {
  CancelResult,
  Enqueued,
  NewTask,
  RetryResult,
  TaskFilter,
  TaskPage,
  TaskStorage,
} from '../../contract/engine.ts';
import { cancelledBecause } from '../../contract/task-errors.ts';
import type { LogLine, TaskRecord, TaskState } from '../../contract/task-record.ts';
import { enqueueTasks } from './enqueue.ts';
import { follow } from './flows.ts';
import { listRows } from './list-rows.ts';
import type { SqlTasks } from './sql-tasks.ts';
import { addEdges, cancel, counts, edges, findHolder, get, logs, prune, retry } from './store/client-statements.ts';
import { logLineOf, recordOf } from './store/rows.ts';
import type { SqlStore } from './store/sql-store.ts';
import { states } from './store/tables.ts';
import type { VersionWatch } from './store/version-watch.ts';

/** The clients' half of the engine in a database. */
export class SqlStorage implements TaskStorage {
  readonly #shared: SqlTasks;
  readonly #store: SqlStore;
  readonly #watch: VersionWatch;
  readonly #clock: Clock;
  readonly #isOwner: boolean;

  constructor(shared: SqlTasks, isOwner: boolean) {
    this.#shared = shared;
    this.#store = shared.store;
    this.#watch = shared.watch;
    this.#clock = shared.host.clock;
    this.#isOwner = isOwner;
  }

  // A database that is the app's own tells that itself.
  get away(): string | undefined {
    return this.#isOwner ? this.#shared.database['~problem'] : undefined;
  }

  async check(): Promise<void> {
    if (this.#isOwner) await this.#shared.database['~check']();
  }

  currentTransaction(): object | undefined {
    return this.#shared.database.current();
  }

  async enqueue(tasks: readonly NewTask[], transaction?: object): Promise<readonly Enqueued[]> {
    const session = transaction as Session<unknown> | undefined;
    const now = this.#clock.now();
    if (tasks.some(({ after }) => after.length > 0)) this.#shared.hasFlows = true;
    const enqueued = await enqueueTasks(this.#store, tasks, now, session);
    if (!tasks.some(({ runAt }) => runAt <= now)) return enqueued;
    if (session === undefined) this.#shared.announce();
    else session.afterCommit(() => this.#shared.announce());
    return enqueued;
  }

  async get(id: string): Promise<TaskRecord | undefined> {
    // Inside of a transaction its own tasks are there already.
    const [row] = await this.#store.run(get, { id }, this.#shared.database.current());
    return row && recordOf(row);
  }

  async cancel(id: string, reason: string): Promise<CancelResult> {
    const now = this.#clock.now();
    const error = JSON.stringify(cancelledBecause(reason));
    const [row] = await this.#store.run(cancel, { error, now, id });
    if (row === undefined) return (await this.get(id)) === undefined ? undefined : 'over';
    this.#watch.notify(id);
    if (row.state === 'running') {
      this.#shared.host.interrupt();
      this.#shared.notify();
      return 'requested';
    }
    this.#shared.followed(await follow(this.#store, now, [id]));
    return 'cancelled';
  }

  watch(id: string | undefined, listener: () => void): () => void {
    return this.#watch.add(id, listener);
  }

  async logs(id: string, after: number, limit: number): Promise<readonly LogLine[]> {
    return (await this.#store.run(logs, { id, after, limit })).map(logLineOf);
  }

  list(filter: TaskFilter, limit: number, cursor: string | undefined): Promise<TaskPage> {
    return listRows(this.#store, filter, limit, cursor);
  }

  async counts(): Promise<Readonly<Record<string, Partial<Record<TaskState, number>>>>> {
    const found: Record<string, Partial<Record<TaskState, number>>> = {};
    for (const { queue, state, tasks } of await this.#store.run(counts, {})) (found[queue] ??= {})[state] = tasks;
    return found;
  }

  async retry(id: string): Promise<RetryResult> {
    for (;;) {
      const result = await this.#retryOnce(id).catch((error: unknown) => {
        if (error instanceof CortadoError && error.code === 'CORTADO_DB_UNIQUE') return undefined;
        throw error;
      });
      if (result !== undefined) return result.value;
      // Another has its unique key; or had it, and has ended in this moment.
      const [holder] = await this.#store.run(findHolder, { id });
      if (holder !== undefined) return { heldBy: holder.id };
    }
  }

  async #retryOnce(id: string): Promise<{ readonly value: boolean | undefined }> {
    const now = this.#clock.now();
    const isRetried = await this.#store.transaction(async (runner) => {
      const [row] = await this.#store.run(retry, { now, id }, runner);
      if (row === undefined) return false;
      const before = JSON.parse(row.waits_for) as string[];
      if (before.length === 0) return true;
      this.#shared.hasFlows = true;
      const rows = edges.json(before.map((other) => ({ task: row.seq, before_id: other })));
      await this.#store.run(addEdges, { rows }, runner);
      await follow(this.#store, now, before, runner);
      return true;
    });
    if (!isRetried) return { value: (await this.get(id)) === undefined ? undefined : false };
    this.#watch.notify(id);
    this.#shared.announce();
    return { value: true };
  }

  async prune(wanted: readonly TaskState[], before: number, limit: number): Promise<number> {
    const rows = states.json(wanted.map((state) => ({ state })));
    return (await this.#store.run(prune, { rows, before, limit })).length;
  }
}
