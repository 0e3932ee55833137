import { setTimeout as delay } from 'node:timers/promises';
import type { Arrivals } from './arrivals.ts';
import type { Connections } from './connections.ts';

export interface GentleClose {
  readonly arrivals: Arrivals;
  /** Milliseconds for which connections are still let in. */
  readonly drain: number;
  /** Milliseconds for which those without a request stay, at most. */
  readonly linger: number;
  /** Ends all waiting. */
  readonly overdue: AbortSignal | undefined;
}

/**
 * Waits `drain` milliseconds, then lets no connection in, and lets those that are there send what they have on the way: Node's own
 * `close()` resets them when it finds them without a request.
 */
export async function closeGently(
  connections: Connections,
  { arrivals, drain, linger, overdue }: GentleClose,
): Promise<void> {
  if (overdue?.aborted) return;
  if (drain > 0) await delay(drain, undefined, { signal: overdue as AbortSignal }).catch(() => {});
  if (!connections.areLetIn) return;
  connections.refuse();
  for (const end = performance.now() + linger; performance.now() < end && !overdue?.aborted; await delay(10))
    if ((await connections.count()) === 0) return;
  while (arrivals.areAwaited && !overdue?.aborted) await delay(10);
  connections.sweep();
}
