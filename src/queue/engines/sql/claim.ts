import type { ClaimRequest, QueueDemand } from '../../contract/engine.ts';
import { byUrgency, type TaskRow } from './store/rows.ts';
import type { Runner, SqlStore } from './store/sql-store.ts';

/** Takes tasks from each queue in turn, until there are enough. */
export async function claimRows(
  store: SqlStore,
  { worker, queues, limit }: ClaimRequest,
  now: number,
): Promise<TaskRow[]> {
  const rows: TaskRow[] = [];
  for (const demand of queues) {
    const free = Math.min(demand.limit, limit - rows.length);
    if (free <= 0) continue;
    const isLimited = demand.concurrency !== undefined || demand.rate !== undefined;
    const taken = isLimited
      ? await store.transaction((runner) => claimLimited(store, demand, worker, free, now, runner))
      : await claim(store, demand, worker, free, now);
    rows.push(...taken.sort(byUrgency));
  }
  return rows;
}

function claim(
  store: SqlStore,
  { queue, concurrency }: QueueDemand,
  worker: string,
  limit: number,
  now: number,
  runner?: Runner,
): Promise<TaskRow[]> {
  const values = [worker, now, queue, worker, now, limit];
  if (concurrency === undefined) return store.run<TaskRow>('claim', values, runner);
  return store.run<TaskRow>('claimWithin', [...values, concurrency, queue], runner);
}

// Whoever counts must not be overtaken: the first statement writes, which begins the transaction, and PostgreSQL locks the queue.
async function claimLimited(
  store: SqlStore,
  demand: QueueDemand,
  worker: string,
  limit: number,
  now: number,
  runner: Runner,
): Promise<TaskRow[]> {
  const { queue, rate } = demand;
  await store.run('forgetStarts', [queue, now - (rate?.per ?? 0)], runner);
  if (store.dialect.lockQueue !== undefined) await store.runText(store.dialect.lockQueue, [queue], runner);
  let free = limit;
  if (rate !== undefined) {
    const [found] = await store.run<{ starts: number | string }>('countStarts', [queue], runner);
    free = Math.min(limit, rate.limit - Number(found?.starts ?? 0));
  }
  if (free <= 0) return [];
  const rows = await claim(store, demand, worker, free, now, runner);
  if (rate !== undefined && rows.length > 0) await store.run('addStarts', [queue, now, rows.length], runner);
  return rows;
}
