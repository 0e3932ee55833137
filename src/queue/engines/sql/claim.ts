import type { ClaimRequest, QueueDemand } from '../../contract/engine.ts';
import { byUrgency, type TaskRow } from './store/rows.ts';
import type { Runner, SqlStore } from './store/sql-store.ts';
import { addStarts, claim, claimWithin, countStarts, forgetStarts, lockQueue } from './store/worker-statements.ts';

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
      : await claimFrom(store, demand, worker, free, now);
    rows.push(...taken.sort(byUrgency));
  }
  return rows;
}

function claimFrom(
  store: SqlStore,
  { queue, concurrency }: QueueDemand,
  worker: string,
  limit: number,
  now: number,
  runner?: Runner,
): Promise<TaskRow[]> {
  const values = { worker, now, queue, limit };
  if (concurrency === undefined) return store.run(claim, values, runner);
  return store.run(claimWithin, { ...values, concurrency }, runner);
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
  await store.run(forgetStarts, { queue, before: now - (rate?.per ?? 0) }, runner);
  if (store.dialect.kind === 'postgres') await store.run(lockQueue, { queue }, runner);
  let free = limit;
  if (rate !== undefined) {
    const [found] = await store.run(countStarts, { queue }, runner);
    free = Math.min(limit, rate.limit - (found?.starts ?? 0));
  }
  if (free <= 0) return [];
  const rows = await claimFrom(store, demand, worker, free, now, runner);
  if (rate !== undefined && rows.length > 0) await store.run(addStarts, { queue, now, count: rows.length }, runner);
  return rows;
}
