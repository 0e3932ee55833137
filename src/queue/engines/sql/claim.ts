import type { SqlStore } from '../../../db/store/sql-store.ts';
import type { ClaimRequest, QueueDemand } from '../../contract/engine.ts';
import { byUrgency, type TaskRow } from './store/rows.ts';
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
    const wanted = { ...demand, limit: free };
    const isLimited = demand.concurrency !== undefined || demand.rate !== undefined;
    const taken = isLimited
      ? await store.transaction((inside) => claimLimited(inside, wanted, worker, now))
      : await claimFrom(store, wanted, worker, now);
    rows.push(...taken.sort(byUrgency));
  }
  return rows;
}

function claimFrom(store: SqlStore, demand: QueueDemand, worker: string, now: number): Promise<TaskRow[]> {
  const { queue, limit, concurrency } = demand;
  const values = { worker, now, queue, limit };
  return concurrency === undefined ? store.run(claim, values) : store.run(claimWithin, { ...values, concurrency });
}

// Whoever counts must not be overtaken: the first statement writes, which begins the transaction, and PostgreSQL locks the queue.
async function claimLimited(store: SqlStore, demand: QueueDemand, worker: string, now: number): Promise<TaskRow[]> {
  const { queue, rate } = demand;
  await store.run(forgetStarts, { queue, before: now - (rate?.per ?? 0) });
  if (store.dialect.kind === 'postgres') await store.run(lockQueue, { queue });
  if (rate === undefined) return claimFrom(store, demand, worker, now);
  const [found] = await store.run(countStarts, { queue });
  const limit = Math.min(demand.limit, rate.limit - (found?.starts ?? 0));
  if (limit <= 0) return [];
  const rows = await claimFrom(store, { ...demand, limit }, worker, now);
  if (rows.length > 0) await store.run(addStarts, { queue, now, count: rows.length });
  return rows;
}
