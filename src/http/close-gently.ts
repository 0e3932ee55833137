import { setTimeout as delay } from 'node:timers/promises';
import type { Arrivals } from './arrivals.ts';
import type { Connections } from './connections.ts';

// A connection that is kept may have its next request on the way.
const linger = 50;

/** What {@link closeGently} is to know. */
export interface GentleClose {
  readonly arrivals: Arrivals;
  /** Milliseconds for which connections are still let in. */
  readonly drain: number;
  /** Ends all waiting. */
  readonly overdue: AbortSignal | undefined;
}

/**
 * Waits `drain` milliseconds, then lets no connection in, and lets those that are there send what they have on the way: Node's own
 * `close()` resets them when it finds them without a request.
 */
export async function closeGently(connections: Connections, { arrivals, drain, overdue }: GentleClose): Promise<void> {
  if (overdue?.aborted) return;
  if (drain > 0) await delay(drain, undefined, { signal: overdue as AbortSignal }).catch(() => {});
  if (!connections.areLetIn) return;
  connections.refuse();
  if ((await connections.count()) === 0) return;
  if (!overdue?.aborted) await delay(linger);
  while (arrivals.areAwaited && !overdue?.aborted) await delay(10);
  connections.sweep();
}
