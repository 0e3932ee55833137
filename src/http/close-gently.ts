import { Server } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

// A connection that was let in has its request on the way; one that is kept may have the next.
const linger = 50;

/**
 * Waits `drain` milliseconds, then lets no connection in, and lets those that are there send what they have on the way: Node's own
 * `close()` resets them when it finds them without a request.
 */
export async function closeGently(server: Server, drain: number, overdue: AbortSignal | undefined): Promise<void> {
  if (overdue?.aborted) return;
  if (drain > 0) await delay(drain, undefined, { signal: overdue as AbortSignal }).catch(() => {});
  if (!server.listening) return;
  // Not `server.close()`, which ends idle connections as well.
  Server.prototype.close.call(server);
  if ((await connections(server)) > 0 && !overdue?.aborted) await delay(linger);
}

function connections(server: Server): Promise<number> {
  return new Promise((resolve) => server.getConnections((error, count) => resolve(error === null ? count : 0)));
}
