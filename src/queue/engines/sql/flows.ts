import type { SqlStore } from '../../../db/store/sql-store.ts';
import { cancelledBecause } from '../../contract/task-errors.ts';
import { settle } from './settle.ts';
import { ids, seqs } from './store/tables.ts';
import {
  dropEdges,
  type FollowerRow,
  findAllFollowers,
  findFollowers,
  releaseWaiting,
} from './store/worker-statements.ts';

/**
 * Lets flows go on: queues what has waited for tasks that have all succeeded, cancels what waits for one that never will, and so on down.
 * Can be repeated; what a crash leaves undone, the next maintenance does.
 *
 * @param before The tasks that are over; `undefined` looks at all.
 * @returns ids of the tasks that have changed.
 */
export async function follow(store: SqlStore, now: number, before: readonly string[] | undefined): Promise<string[]> {
  const changed: string[] = [];
  for (let ended = before; ended === undefined || ended.length > 0; ) {
    const found = await find(store, ended);
    const ready = found.filter((one) => one.ready === 1);
    const doomed = found.filter((one) => one.ready === -1);
    if (ready.length > 0) await store.run(releaseWaiting, { now, rows: seqs.json(ready) });
    await cancel(store, doomed, now);
    if (found.length > 0) await store.run(dropEdges, { rows: seqs.json(found) });
    changed.push(...found.map(({ id }) => id));
    ended = doomed.map(({ id }) => id);
  }
  return changed;
}

function find(store: SqlStore, ended: readonly string[] | undefined): Promise<FollowerRow[]> {
  if (ended === undefined) return store.run(findAllFollowers, {});
  return store.run(findFollowers, { rows: ids.json(ended.map((id) => ({ id }))) });
}

async function cancel(store: SqlStore, doomed: readonly FollowerRow[], now: number): Promise<void> {
  const why = (culprit: string | null): string =>
    `It waits for the result of ${culprit}, which did not succeed or is gone.`;
  const ends = doomed.map(({ seq, token, culprit }) => ({
    seq,
    token,
    was: 'scheduled' as const,
    state: 'cancelled' as const,
    error: cancelledBecause(why(culprit)),
    finishedAt: now,
  }));
  await settle(store, ends, now);
}
