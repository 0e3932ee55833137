import { cancelledBecause } from '../../contract/task-errors.ts';
import { settle } from './settle.ts';
import { json, type Runner, type SqlStore } from './store/sql-store.ts';

interface Follower {
  readonly seq: number | string;
  readonly token: number | string;
  readonly id: string;
  /** 1: all that it waits for have succeeded. -1: one of them never will. */
  readonly ready: number | string;
  readonly culprit: string | null;
}

/**
 * Lets flows go on: queues what has waited for tasks that have all succeeded, cancels what waits for one that never will, and so on down.
 * Can be repeated; what a crash leaves undone, the next maintenance does.
 *
 * @param before The tasks that are over; `undefined` looks at all.
 * @returns ids of the tasks that have changed.
 */
export async function follow(
  store: SqlStore,
  now: number,
  before: readonly string[] | undefined,
  runner?: Runner,
): Promise<string[]> {
  const changed: string[] = [];
  for (let ended = before; ended === undefined || ended.length > 0; ) {
    const found = await find(store, ended, runner);
    const ready = found.filter((one) => Number(one.ready) === 1);
    const doomed = found.filter((one) => Number(one.ready) === -1);
    if (ready.length > 0) await store.run('releaseWaiting', [now, json(ready.map(({ seq }) => [seq]))], runner);
    if (doomed.length > 0) await cancel(store, doomed, now, runner);
    if (found.length > 0) await store.run('dropEdges', [json(found.map(({ seq }) => [seq]))], runner);
    changed.push(...found.map(({ id }) => id));
    ended = doomed.map(({ id }) => id);
  }
  return changed;
}

function find(store: SqlStore, ended: readonly string[] | undefined, runner: Runner | undefined): Promise<Follower[]> {
  if (ended === undefined) return store.run<Follower>('followAll', [], runner);
  return store.run<Follower>('follow', [json(ended.map((id) => [id]))], runner);
}

async function cancel(
  store: SqlStore,
  doomed: readonly Follower[],
  now: number,
  runner: Runner | undefined,
): Promise<void> {
  const why = (culprit: string | null): string =>
    `It waits for the result of ${culprit}, which did not succeed or is gone.`;
  const ends = doomed.map(({ seq, token, culprit }) => ({
    seq: Number(seq),
    token: Number(token),
    was: 'scheduled' as const,
    state: 'cancelled' as const,
    error: cancelledBecause(why(culprit)),
    finishedAt: now,
  }));
  await settle(store, ends, now, runner);
}
