import { CortadoError } from '../../../base/error.ts';
import { ownIdentity } from '../../../base/process/process-identity.ts';
import type { Session } from '../../../db/session/session.ts';
import type { Interruption, WorkerSide } from '../../contract/engine.ts';
import { claimRows } from './claim.ts';
import { enqueueTasks } from './enqueue.ts';
import { finishRuns } from './finish.ts';
import { follow } from './flows.ts';
import { forgottenClaims } from './forgotten-claims.ts';
import { watchLiveness } from './liveness.ts';
import { maintainTasks } from './maintain.ts';
import type { Sentinel } from './sentinel/sentinel.ts';
import type { SqlTasks } from './sql-tasks.ts';
import { claimOf, parseToken } from './store/rows.ts';
import { ids, seqs } from './store/tables.ts';
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

export interface SqlWorkerSide extends WorkerSide {
  /** Signs the workers off, so that what they had is theirs no longer. */
  leave(): Promise<void>;
}

/** What a process with the database open does for its workers. */
export function sqlWorkerSide(shared: SqlTasks, sentinel: Sentinel | undefined): SqlWorkerSide {
  const { store, watch, host } = shared;
  const { clock } = host;
  const liveness = watchLiveness(clock);
  const releaseForgotten = forgottenClaims(store, clock);
  const workers = new Map<string, { readonly lease: number; readonly at: number }>();

  async function showLife(worker: string, lease: number): Promise<void> {
    await store.run(beat, { worker, lease, ...ownIdentity });
    workers.set(worker, { lease, at: clock.elapsed() });
  }

  async function ended(over: readonly string[], hasQueued: boolean): Promise<void> {
    if (!watch.isEmpty) for (const id of over) watch.notify(id);
    if (hasQueued) shared.announce();
    if (shared.hasFlows && over.length > 0) shared.followed(await follow(store, clock.now(), over));
  }

  return {
    async leave() {
      const own = [...workers.keys()];
      workers.clear();
      if (own.length > 0)
        await store.run(leave, { rows: ids.json(own.map((id) => ({ id }))) }).catch((error: unknown) => {
          host.log.warn({ err: error }, 'a worker could not sign off; its lease runs out');
        });
    },

    async claim(request) {
      // A worker that was taken for lost gets nothing, so one that may have been signs on again.
      const known = workers.get(request.worker);
      if (known === undefined || clock.elapsed() - known.at > known.lease / 2)
        await showLife(request.worker, request.lease);
      const rows = await claimRows(store, request, clock.now());
      if (!watch.isEmpty) for (const { id } of rows) watch.notify(id);
      return rows.map(claimOf);
    },

    async heartbeat(worker, claims, lease) {
      await showLife(worker, lease);
      sentinel?.keep(worker, lease);
      const released = await releaseForgotten(worker, claims, lease);
      for (const id of released) watch.notify(id);
      if (released.length > 0) shared.announce();
      if (claims.length === 0) return [];
      const rows = seqs.json(claims.map(({ token }) => parseToken(token)));
      const found = new Map((await store.run(findClaims, { rows })).map((row) => [`${row.seq}.${row.token}`, row]));
      return claims.flatMap(({ id, token }): Interruption[] => {
        const row = found.get(String(token));
        if (row?.state !== 'running') return [{ id, token, why: 'lost' }];
        return row.cancel_requested === 1 ? [{ id, token, why: 'cancelled' }] : [];
      });
    },

    async finish(ends) {
      const { accepted, hasQueued } = await finishRuns(store, ends, clock.now());
      const over = ends.filter((_, index) => accepted[index]).map(({ claim }) => claim.id);
      await ended(over, hasQueued);
      return accepted;
    },

    joinEnd(end, transaction) {
      const session = transaction as Session<unknown>;
      if (!session.isTransaction && !session['~hasLast']) return undefined;
      const { id } = end.claim;
      let isStored = false;
      session['~beforeCommit'](async () => {
        const { accepted } = await finishRuns(store.within(session), [end], clock.now());
        if (accepted[0] === false)
          throw new CortadoError('CORTADO_TASK_LOST', `Task ${id} was given to another worker, or is over.`);
      });
      session.afterCommit(() => {
        isStored = true;
        ended([id], false).catch((error: unknown) =>
          host.log.warn({ err: error }, 'what waits for a task starts with the next round of maintenance'),
        );
      });
      return () => isStored;
    },

    async maintain(policy) {
      const { changed, ...done } = await maintainTasks(store, liveness, clock.now(), policy);
      for (const id of changed) watch.notify(id);
      if (done.promoted + done.recovered.length > 0) shared.announce();
      return done;
    },

    async setProgress({ id, token }, progress) {
      const rows = await store.run(setProgress, { ...parseToken(token), progress: JSON.stringify(progress) });
      watch.notify(id);
      return rows.length === 1;
    },

    async addLogs({ id, token }, lines) {
      const run = parseToken(token);
      const isCurrent = await store.transaction(async (inside) => {
        if ((await inside.run(touch, run)).length === 0) return false;
        const rows = logLines.json(lines.map((line, index) => ({ ...line, index: index + 1 })));
        await inside.run(addLogs, { task: run.seq, rows });
        return true;
      });
      watch.notify(id);
      return isCurrent;
    },

    async lastSlot(schedule) {
      const [row] = await store.run(lastSlot, { schedule });
      return row?.last_slot;
    },

    async enqueueSlot(schedule, slot, task) {
      const isTaken = await store.transaction(async (inside) => {
        if ((await inside.run(takeSlot, { schedule, slot })).length === 0) return false;
        await enqueueTasks(inside, [task], clock.now());
        return true;
      });
      if (isTaken) shared.announce();
      return isTaken;
    },
  };
}
