import type { Maintenance, MaintenancePolicy } from '../../contract/engine.ts';
import { crashedBecause, expiredBecause } from '../../contract/task-errors.ts';
import type { TaskState } from '../../contract/task-record.ts';
import { follow } from './flows.ts';
import type { Liveness, WorkerRow } from './liveness.ts';
import { type Settlement, settle } from './settle.ts';
import type { SqlStore } from './store/sql-store.ts';

// Enough for a second; what is left comes with the next round.
const most = 1000;

interface Look {
  readonly next_at: number | string | null;
  readonly expiring: number | string;
  readonly waiting: number | string;
}

interface LostRow {
  readonly seq: number | string;
  readonly id: string;
  readonly token: number | string;
  readonly crashes: number | string;
  readonly worker: string;
  readonly cancel_requested: number | string;
}

/** What maintenance did, and whose states it changed. */
export interface Maintained extends Maintenance {
  readonly changed: readonly string[];
}

/** Reads what there is to do, and writes only where there is something. */
export async function maintainTasks(
  store: SqlStore,
  liveness: Liveness,
  now: number,
  { maxCrashes }: MaintenancePolicy,
): Promise<Maintained> {
  const [look] = await store.run<Look>('look', [now]);
  const due = look!.next_at === null ? undefined : Number(look!.next_at);
  const promoted = due !== undefined && due <= now ? await store.run<{ id: string }>('promote', [now, most]) : [];
  const expired = Number(look!.expiring) > 0 ? await expire(store, now) : [];
  await buryLost(store, liveness);
  const lost = await recover(store, now, maxCrashes);
  const over = [...expired, ...lost.quarantined, ...lost.cancelled];
  const followed = Number(look!.waiting) > 0 ? await follow(store, now, undefined) : [];
  return {
    promoted: promoted.length + followed.length,
    recovered: lost.recovered,
    quarantined: lost.quarantined,
    expired: expired.length,
    nextAt: nextLook(due, now, promoted.length),
    changed: [...promoted.map(({ id }) => id), ...over, ...lost.recovered, ...followed],
  };
}

// The look was before the promotion, so when the one after is due takes another. Rows that nobody could promote are locked by somebody who does.
function nextLook(due: number | undefined, now: number, promoted: number): number | undefined {
  if (due === undefined || due > now) return due;
  return promoted > 0 ? now : now + 1000;
}

async function expire(store: SqlStore, now: number): Promise<string[]> {
  interface Row {
    readonly seq: number | string;
    readonly token: number | string;
    readonly state: TaskState;
    readonly expires_at: number | string;
  }
  const rows = await store.run<Row>('expiring', [now, most]);
  const ends = rows.map(({ seq, token, state, expires_at }): Settlement => {
    const error = expiredBecause(Number(expires_at));
    return { seq: Number(seq), token: Number(token), was: state, state: 'expired', error, finishedAt: now };
  });
  return (await settle(store, ends, now)).map(({ id }) => id);
}

async function buryLost(store: SqlStore, liveness: Liveness): Promise<void> {
  const workers = await store.run<WorkerRow>('workers', []);
  for (const { id, beat } of liveness.lost(workers)) await store.run('buryWorker', [id, beat]);
}

interface Recovered {
  readonly recovered: readonly string[];
  readonly quarantined: readonly string[];
  readonly cancelled: readonly string[];
}

async function recover(store: SqlStore, now: number, maxCrashes: number): Promise<Recovered> {
  const rows = await store.run<LostRow>('lost', [most]);
  if (rows.length === 0) return { recovered: [], quarantined: [], cancelled: [] };
  const settled = await settle(
    store,
    rows.map((row) => afterCrash(row, now, maxCrashes)),
    now,
  );
  const ids = (wanted: TaskState): string[] => settled.filter(({ state }) => state === wanted).map(({ id }) => id);
  return { recovered: ids('queued'), quarantined: ids('failed'), cancelled: ids('cancelled') };
}

function afterCrash(row: LostRow, now: number, maxCrashes: number): Settlement {
  const fence = { seq: Number(row.seq), token: Number(row.token), was: 'running' as const, crashes: 1 };
  const crashes = Number(row.crashes) + 1;
  if (crashes < maxCrashes || Number(row.cancel_requested) === 1) return { ...fence, state: 'queued' };
  return { ...fence, state: 'failed', error: crashedBecause(crashes, row.worker), finishedAt: now };
}
