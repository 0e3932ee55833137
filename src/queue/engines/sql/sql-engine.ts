import type { Clock } from '../../../base/clock.ts';
import { CortadoError } from '../../../base/error.ts';
import { database } from '../../../db/database.ts';
import type { Database } from '../../../db/database-contract.ts';
import type { Session } from '../../../db/session.ts';
import { allPromises } from '../../contract/all-promises.ts';
import type {
  CancelResult,
  Capabilities,
  Claim,
  ClaimRef,
  ClaimRequest,
  Engine,
  EngineHost,
  Enqueued,
  Finish,
  Interruption,
  Maintenance,
  MaintenancePolicy,
  NewTask,
  RetryResult,
  TaskFilter,
  TaskPage,
} from '../../contract/engine.ts';
import { cancelledBecause } from '../../contract/task-errors.ts';
import type { LogLine, Progress, TaskRecord, TaskState } from '../../contract/task-record.ts';
import { claimRows } from './claim.ts';
import { enqueueTasks } from './enqueue.ts';
import { finishRuns } from './finish.ts';
import { follow } from './flows.ts';
import { ForgottenClaims } from './forgotten-claims.ts';
import { listTasks } from './list.ts';
import { Liveness } from './liveness.ts';
import { maintainTasks } from './maintain.ts';
import { ownIdentity } from './process-identity.ts';
import { Sentinel } from './sentinel/sentinel.ts';
import { postgres, sqlite } from './store/dialect.ts';
import { claimOf, type LogRow, logLineOf, parseToken, recordOf, type TaskRow } from './store/rows.ts';
import { makeTables } from './store/schema.ts';
import { json, SqlStore } from './store/sql-store.ts';
import { VersionWatch } from './store/version-watch.ts';

const capabilities: Capabilities = {
  ...allPromises,
  embedded: true,
  transactional: true,
  atomicEnd: true,
  priority: { min: -1000, max: 1000 },
};

const channel = 'cortado_tasks';

/**
 * An engine in a database: the app's own, so that a task commits or vanishes with the rows that it is about, or one by its URL, which is the
 * queue's alone.
 *
 * @throws CortadoError `CORTADO_DB_URL`.
 */
export function sqlEngine(where: Database<unknown> | string): Engine {
  return typeof where === 'string'
    ? new SqlEngine(database({ url: where }) as unknown as Database<unknown>, true)
    : new SqlEngine(where, false);
}

class SqlEngine implements Engine {
  readonly kind = 'sql';
  readonly label: string;
  readonly capabilities: Capabilities;
  readonly #database: Database<unknown>;
  readonly #isOwner: boolean;
  readonly #store: SqlStore;
  readonly #watch: VersionWatch;
  readonly #workers = new Map<string, { readonly lease: number; readonly at: number }>();
  #host!: EngineHost;
  #liveness!: Liveness;
  #forgotten!: ForgottenClaims;
  #sentinel: Sentinel | undefined;
  #listener: Disposable | undefined;
  #hasFlows = false;

  constructor(where: Database<unknown>, isOwner: boolean) {
    this.#database = where;
    this.#isOwner = isOwner;
    const location = where['~location'];
    this.label = location.label;
    const isShared = location.kind === 'postgres' || location.path !== ':memory:';
    this.capabilities = isShared ? capabilities : { ...capabilities, durable: false, shared: false };
    this.#store = new SqlStore(where, location.kind === 'sqlite' ? sqlite : postgres);
    this.#watch = new VersionWatch(this.#store);
  }

  // A database that is the app's own tells that itself.
  get away(): string | undefined {
    return this.#isOwner ? this.#database['~problem'] : undefined;
  }

  async check(): Promise<void> {
    if (this.#isOwner) await this.#database['~check']();
  }

  async open(host: EngineHost): Promise<void> {
    this.#host = host;
    this.#liveness = new Liveness(host.clock);
    this.#forgotten = new ForgottenClaims(this.#store, host.clock);
    await this.#database.open();
    await makeTables(this.#store);
    const location = this.#database['~location'];
    if (this.capabilities.shared) {
      this.#sentinel = new Sentinel({ location, log: host.log, onSeen: (seen) => this.#onSeen(seen) });
      this.#sentinel.start();
    }
    if (location.kind === 'postgres') {
      this.#listener = this.#database.listen(channel, () => this.#onSeen({ work: true, interrupt: true }));
      this.#watch.poll();
    }
  }

  async close(): Promise<void> {
    this.#listener?.[Symbol.dispose]();
    this.#watch.close();
    await this.#sentinel?.close();
    const ids = [...this.#workers.keys()];
    this.#workers.clear();
    if (ids.length > 0)
      await this.#store.run('leave', [json(ids.map((id) => [id]))]).catch((error: unknown) => {
        this.#host.log.warn({ err: error }, 'a worker could not sign off; its lease runs out');
      });
    if (this.#isOwner) await this.#database.close();
  }

  currentTransaction(): object | undefined {
    return this.#database.current();
  }

  async enqueue(tasks: readonly NewTask[], transaction?: object): Promise<readonly Enqueued[]> {
    const session = transaction as Session<unknown> | undefined;
    const now = this.#clock.now();
    if (tasks.some(({ after }) => after.length > 0)) this.#hasFlows = true;
    const enqueued = await enqueueTasks(this.#store, tasks, now, session);
    if (!tasks.some(({ runAt }) => runAt <= now)) return enqueued;
    if (session === undefined) this.#announce();
    else session.afterCommit(() => this.#announce());
    return enqueued;
  }

  async claim(request: ClaimRequest): Promise<readonly Claim[]> {
    // A worker that was taken for lost gets nothing, so one that may have been signs on again.
    const known = this.#workers.get(request.worker);
    if (known === undefined || this.#clock.elapsed() - known.at > known.lease / 2)
      await this.#beat(request.worker, request.lease);
    const rows = await claimRows(this.#store, request, this.#clock.now());
    if (!this.#watch.isEmpty) for (const { id } of rows) this.#watch.notify(id);
    return rows.map(claimOf);
  }

  async heartbeat(worker: string, claims: readonly ClaimRef[], lease: number): Promise<readonly Interruption[]> {
    await this.#beat(worker, lease);
    this.#sentinel?.keep(worker, lease);
    const forgotten = await this.#forgotten.release(worker, claims, lease, this.#clock.now());
    for (const id of forgotten) this.#watch.notify(id);
    if (forgotten.length > 0) this.#announce();
    if (claims.length === 0) return [];
    interface Row {
      readonly seq: number | string;
      readonly token: number | string;
      readonly state: TaskState;
      readonly cancel_requested: number | string;
    }
    const rows = await this.#store.run<Row>('findClaims', [json(claims.map(({ token }) => [parseToken(token)[0]]))]);
    const found = new Map(rows.map((row) => [`${row.seq}.${row.token}`, row]));
    return claims.flatMap(({ id, token }): Interruption[] => {
      const row = found.get(String(token));
      if (row?.state !== 'running') return [{ id, token, why: 'lost' }];
      return Number(row.cancel_requested) === 1 ? [{ id, token, why: 'cancelled' }] : [];
    });
  }

  async finish(ends: readonly Finish[]): Promise<readonly boolean[]> {
    const now = this.#clock.now();
    const { accepted, hasQueued } = await finishRuns(this.#store, ends, now);
    const over = ends.filter((_, index) => accepted[index]).map(({ claim }) => claim.id);
    await this.#ended(over, hasQueued);
    return accepted;
  }

  joinEnd(end: Finish, transaction: object): (() => boolean) | undefined {
    const session = transaction as Session<unknown>;
    if (!session.isTransaction) return undefined;
    let isStored = false;
    session['~beforeCommit'](async () => {
      const { accepted } = await finishRuns(this.#store, [end], this.#clock.now(), session);
      if (accepted[0] === false)
        throw new CortadoError('CORTADO_TASK_LOST', `Task ${end.claim.id} was given to another worker, or is over.`);
    });
    session.afterCommit(() => {
      isStored = true;
      this.#ended([end.claim.id], false).catch((error: unknown) =>
        this.#host.log.warn({ err: error }, 'what waits for a task starts with the next round of maintenance'),
      );
    });
    return () => isStored;
  }

  async get(id: string): Promise<TaskRecord | undefined> {
    // Inside of a transaction its own tasks are there already.
    const [row] = await this.#store.run<TaskRow>('get', [id], this.#database.current());
    return row && recordOf(row);
  }

  async cancel(id: string, reason: string): Promise<CancelResult> {
    const now = this.#clock.now();
    const error = JSON.stringify(cancelledBecause(reason));
    const [row] = await this.#store.run<{ state: TaskState }>('cancel', [error, now, id]);
    if (row === undefined) return (await this.get(id)) === undefined ? undefined : 'over';
    this.#watch.notify(id);
    if (row.state === 'running') {
      this.#host.interrupt();
      this.#notify();
      return 'requested';
    }
    this.#followed(await follow(this.#store, now, [id]));
    return 'cancelled';
  }

  watch(id: string | undefined, listener: () => void): () => void {
    return this.#watch.add(id, listener);
  }

  async maintain(policy: MaintenancePolicy): Promise<Maintenance> {
    const { changed, ...done } = await maintainTasks(this.#store, this.#liveness, this.#clock.now(), policy);
    for (const id of changed) this.#watch.notify(id);
    if (done.promoted + done.recovered.length > 0) this.#announce();
    return done;
  }

  async setProgress({ id, token }: ClaimRef, progress: Progress): Promise<boolean> {
    const rows = await this.#store.run('setProgress', [JSON.stringify(progress), ...parseToken(token)]);
    this.#watch.notify(id);
    return rows.length === 1;
  }

  async addLogs({ id, token }: ClaimRef, lines: readonly Omit<LogLine, 'seq'>[]): Promise<boolean> {
    const [seq] = parseToken(token);
    const isCurrent = await this.#store.transaction(async (runner) => {
      if ((await this.#store.run('touch', parseToken(token), runner)).length === 0) return false;
      const rows = lines.map(({ at, level, message }, index) => [index + 1, at, level, message]);
      await this.#store.run('addLogs', [seq, seq, json(rows)], runner);
      return true;
    });
    this.#watch.notify(id);
    return isCurrent;
  }

  async logs(id: string, after: number, limit: number): Promise<readonly LogLine[]> {
    return (await this.#store.run<LogRow>('logs', [id, after, limit])).map(logLineOf);
  }

  list(filter: TaskFilter, limit: number, cursor: string | undefined): Promise<TaskPage> {
    return listTasks(this.#store, filter, limit, cursor);
  }

  async counts(): Promise<Readonly<Record<string, Partial<Record<TaskState, number>>>>> {
    interface Row {
      readonly queue: string;
      readonly state: TaskState;
      readonly tasks: number | string;
    }
    const counts: Record<string, Partial<Record<TaskState, number>>> = {};
    for (const { queue, state, tasks } of await this.#store.run<Row>('counts', []))
      (counts[queue] ??= {})[state] = Number(tasks);
    return counts;
  }

  async retry(id: string): Promise<RetryResult> {
    for (;;) {
      const result = await this.#retryOnce(id).catch((error: unknown) => {
        if (error instanceof CortadoError && error.code === 'CORTADO_DB_UNIQUE') return undefined;
        throw error;
      });
      if (result !== undefined) return result.value;
      // Another has its unique key; or had it, and has ended in this moment.
      const [holder] = await this.#store.run<{ id: string }>('findHolder', [id]);
      if (holder !== undefined) return { heldBy: holder.id };
    }
  }

  async #retryOnce(id: string): Promise<{ readonly value: boolean | undefined }> {
    const now = this.#clock.now();
    const isRetried = await this.#store.transaction(async (runner) => {
      const [row] = await this.#store.run<{ seq: number | string; waits_for: string }>('retry', [now, id], runner);
      if (row === undefined) return false;
      const before = JSON.parse(row.waits_for) as string[];
      if (before.length === 0) return true;
      this.#hasFlows = true;
      await this.#store.run('addEdges', [json(before.map((other) => [row.seq, other]))], runner);
      await follow(this.#store, now, before, runner);
      return true;
    });
    if (!isRetried) return { value: (await this.get(id)) === undefined ? undefined : false };
    this.#watch.notify(id);
    this.#announce();
    return { value: true };
  }

  async prune(states: readonly TaskState[], before: number, limit: number): Promise<number> {
    return (await this.#store.run('prune', [json(states.map((state) => [state])), before, limit])).length;
  }

  async lastSlot(schedule: string): Promise<number | undefined> {
    const [row] = await this.#store.run<{ last_slot: number | string }>('lastSlot', [schedule]);
    return row && Number(row.last_slot);
  }

  async enqueueSlot(schedule: string, slot: number, task: NewTask): Promise<boolean> {
    const isTaken = await this.#store.transaction(async (runner) => {
      if ((await this.#store.run('takeSlot', [schedule, slot], runner)).length === 0) return false;
      await enqueueTasks(this.#store, [task], this.#clock.now(), runner);
      return true;
    });
    if (isTaken) this.#announce();
    return isTaken;
  }

  async #ended(ids: readonly string[], hasQueued: boolean): Promise<void> {
    if (!this.#watch.isEmpty) for (const id of ids) this.#watch.notify(id);
    if (hasQueued) this.#announce();
    if (this.#hasFlows && ids.length > 0) this.#followed(await follow(this.#store, this.#clock.now(), ids));
  }

  get #clock(): Clock {
    return this.#host.clock;
  }

  async #beat(worker: string, lease: number): Promise<void> {
    const { host, pid, process: started } = ownIdentity;
    await this.#store.run('beat', [worker, lease, host, pid, started]);
    this.#workers.set(worker, { lease, at: this.#clock.elapsed() });
  }

  /** There is work: for this process, and through PostgreSQL for others; SQLite's look for themselves. */
  #announce(): void {
    this.#host.wake();
    this.#notify();
  }

  #notify(): void {
    if (this.#store.dialect.kind !== 'postgres') return;
    this.#store.runText(`select pg_notify('${channel}', '')`).catch((error: unknown) => {
      this.#host.log.warn({ err: error }, 'other workers could not be notified; they look once a second');
    });
  }

  #followed(ids: readonly string[]): void {
    for (const id of ids) this.#watch.notify(id);
    if (ids.length > 0) this.#announce();
  }

  #onSeen({ work, interrupt }: { readonly work: boolean; readonly interrupt: boolean }): void {
    if (work) this.#host.wake();
    if (interrupt) this.#host.interrupt();
    this.#watch.look();
  }
}
