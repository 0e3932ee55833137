import type { Clock } from '../../../base/clock.ts';
import { CortadoError } from '../../../base/error.ts';
import type { Session } from '../../../db/session/session.ts';
import type {
  Claim,
  ClaimRef,
  ClaimRequest,
  Finish,
  Interruption,
  Maintenance,
  MaintenancePolicy,
  NewTask,
  WorkerSide,
} from '../../contract/engine.ts';
import type { LogLine, Progress } from '../../contract/task-record.ts';
import { claimRows } from './claim.ts';
import { enqueueTasks } from './enqueue.ts';
import { finishRuns } from './finish.ts';
import { follow } from './flows.ts';
import { ForgottenClaims } from './forgotten-claims.ts';
import { Liveness } from './liveness.ts';
import { maintainTasks } from './maintain.ts';
import { ownIdentity } from './process-identity.ts';
import type { Sentinel } from './sentinel/sentinel.ts';
import type { SqlTasks } from './sql-tasks.ts';
import { claimOf, parseToken } from './store/rows.ts';
import type { SqlStore } from './store/sql-store.ts';
import { ids, seqs } from './store/tables.ts';
import type { VersionWatch } from './store/version-watch.ts';
import {
  addLogs,
  beat,
  findClaims,
  lastSlot,
  leave,
  logLines,
  setProgress,
  takeSlot,
  touch,
} from './store/worker-statements.ts';

/** The workers' half of the engine in a database. */
export class SqlWorkerSide implements WorkerSide {
  readonly #shared: SqlTasks;
  readonly #store: SqlStore;
  readonly #watch: VersionWatch;
  readonly #clock: Clock;
  readonly #sentinel: Sentinel | undefined;
  readonly #liveness: Liveness;
  readonly #forgotten: ForgottenClaims;
  readonly #workers = new Map<string, { readonly lease: number; readonly at: number }>();

  constructor(shared: SqlTasks, sentinel: Sentinel | undefined) {
    this.#shared = shared;
    this.#store = shared.store;
    this.#watch = shared.watch;
    this.#clock = shared.host.clock;
    this.#sentinel = sentinel;
    this.#liveness = new Liveness(shared.host.clock);
    this.#forgotten = new ForgottenClaims(shared.store, shared.host.clock);
  }

  /** Signs the workers off, so that what they had is theirs no longer. */
  async leave(): Promise<void> {
    const workers = [...this.#workers.keys()];
    this.#workers.clear();
    if (workers.length > 0)
      await this.#store.run(leave, { rows: ids.json(workers.map((id) => ({ id }))) }).catch((error: unknown) => {
        this.#shared.host.log.warn({ err: error }, 'a worker could not sign off; its lease runs out');
      });
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
    if (forgotten.length > 0) this.#shared.announce();
    if (claims.length === 0) return [];
    const rows = seqs.json(claims.map(({ token }) => parseToken(token)));
    const found = new Map((await this.#store.run(findClaims, { rows })).map((row) => [`${row.seq}.${row.token}`, row]));
    return claims.flatMap(({ id, token }): Interruption[] => {
      const row = found.get(String(token));
      if (row?.state !== 'running') return [{ id, token, why: 'lost' }];
      return row.cancel_requested === 1 ? [{ id, token, why: 'cancelled' }] : [];
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
        this.#shared.host.log.warn({ err: error }, 'what waits for a task starts with the next round of maintenance'),
      );
    });
    return () => isStored;
  }

  async maintain(policy: MaintenancePolicy): Promise<Maintenance> {
    const { changed, ...done } = await maintainTasks(this.#store, this.#liveness, this.#clock.now(), policy);
    for (const id of changed) this.#watch.notify(id);
    if (done.promoted + done.recovered.length > 0) this.#shared.announce();
    return done;
  }

  async setProgress({ id, token }: ClaimRef, progress: Progress): Promise<boolean> {
    const rows = await this.#store.run(setProgress, { ...parseToken(token), progress: JSON.stringify(progress) });
    this.#watch.notify(id);
    return rows.length === 1;
  }

  async addLogs({ id, token }: ClaimRef, lines: readonly Omit<LogLine, 'seq'>[]): Promise<boolean> {
    const run = parseToken(token);
    const isCurrent = await this.#store.transaction(async (runner) => {
      if ((await this.#store.run(touch, run, runner)).length === 0) return false;
      const rows = logLines.json(lines.map((line, index) => ({ ...line, index: index + 1 })));
      await this.#store.run(addLogs, { task: run.seq, rows }, runner);
      return true;
    });
    this.#watch.notify(id);
    return isCurrent;
  }

  async lastSlot(schedule: string): Promise<number | undefined> {
    const [row] = await this.#store.run(lastSlot, { schedule });
    return row?.last_slot;
  }

  async enqueueSlot(schedule: string, slot: number, task: NewTask): Promise<boolean> {
    const isTaken = await this.#store.transaction(async (runner) => {
      if ((await this.#store.run(takeSlot, { schedule, slot }, runner)).length === 0) return false;
      await enqueueTasks(this.#store, [task], this.#clock.now(), runner);
      return true;
    });
    if (isTaken) this.#shared.announce();
    return isTaken;
  }

  async #ended(ids: readonly string[], hasQueued: boolean): Promise<void> {
    if (!this.#watch.isEmpty) for (const id of ids) this.#watch.notify(id);
    if (hasQueued) this.#shared.announce();
    if (this.#shared.hasFlows && ids.length > 0)
      this.#shared.followed(await follow(this.#store, this.#clock.now(), ids));
  }

  async #beat(worker: string, lease: number): Promise<void> {
    await this.#store.run(beat, { worker, lease, ...ownIdentity });
    this.#workers.set(worker, { lease, at: this.#clock.elapsed() });
  }
}
