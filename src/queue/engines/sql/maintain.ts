import type { SqlStore } from '../../../db/store/sql-store.ts';
import type { Maintenance, MaintenancePolicy } from '../../contract/engine.ts';
import { crashedBecause, expiredBecause } from '../../contract/task-errors.ts';
import type { TaskState } from '../../contract/task-record.ts';
import { follow } from './flows.ts';
import type { Liveness } from './liveness.ts';
import { type Settlement, settle } from './settle.ts';
import {
  buryWorker,
  expiring,
  type LostRow,
  look,
  lost,
  promote,
  type SettledRow,
  workers,
} from './store/worker-statements.ts';

// Enough for a second; what is left comes with the next round.
const most = 1000;

/** What maintenance did, and whose states it changed. */
export interface Maintained extends Maintenance {
  readonly changed: readonly string[];
}

/** Reads what there is to do, and writes only where there is something. */
export async function maintainTasks(
  store: SqlStore,
  lostOf: Liveness,
  now: number,
  { maxCrashes }: MaintenancePolicy,
): Promise<Maintained> {
  const [found] = await store.run(look, { now });
  const due = found!.next_at ?? undefined;
  const promoted = due !== undefined && due <= now ? await store.run(promote, { now, limit: most }) : [];
  const expired = found!.expiring > 0 ? await expire(store, now) : [];
  await buryLost(store, lostOf);
  const crashed = await recover(store, now, maxCrashes);
  const crashedTo = (wanted: TaskState): string[] =>
    crashed.filter(({ state }) => state === wanted).map(({ id }) => id);
  const followed = found!.waiting > 0 ? await follow(store, now, undefined) : [];
  return {
    promoted: promoted.length + followed.length,
    recovered: crashedTo('queued'),
    quarantined: crashedTo('failed'),
    expired: expired.length,
    nextAt: nextLook(due, now, promoted.length),
    changed: [...[...promoted, ...crashed].map(({ id }) => id), ...expired, ...followed],
  };
}

// The look was before the promotion, so when the one after is due takes another. Rows that nobody could promote are locked by somebody who does.
function nextLook(due: number | undefined, now: number, promoted: number): number | undefined {
  if (due === undefined || due > now) return due;
  return promoted > 0 ? now : now + 1000;
}

async function expire(store: SqlStore, now: number): Promise<string[]> {
  const rows = await store.run(expiring, { now, limit: most });
  const ends = rows.map(({ seq, token, state, expires_at }): Settlement => {
    const error = expiredBecause(expires_at);
    return { seq, token, was: state, state: 'expired', error, finishedAt: now };
  });
  return (await settle(store, ends, now)).map(({ id }) => id);
}

async function buryLost(store: SqlStore, lostOf: Liveness): Promise<void> {
  for (const { id, beat } of lostOf(await store.run(workers, {}))) await store.run(buryWorker, { worker: id, beat });
}

async function recover(store: SqlStore, now: number, maxCrashes: number): Promise<SettledRow[]> {
  const rows = await store.run(lost, { limit: most });
  const ends = rows.map((row) => afterCrash(row, now, maxCrashes));
  return settle(store, ends, now);
}

function afterCrash(row: LostRow, now: number, maxCrashes: number): Settlement {
  const fence = { seq: row.seq, token: row.token, was: 'running' as const, crashes: 1 };
  const crashes = row.crashes + 1;
  if (crashes < maxCrashes || row.cancel_requested === 1) return { ...fence, state: 'queued' };
  return { ...fence, state: 'failed', error: crashedBecause(crashes, row.worker), finishedAt: now };
}
