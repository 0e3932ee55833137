import { parentPort, workerData } from 'node:worker_threads';
import { openSentinelDatabase, type SentinelDatabase } from './sentinel-database.ts';
import type { SentinelOptions, SentinelOrder, SentinelReport } from './sentinel-protocol.ts';

// Keeps the workers of a process alive while its loop is held up, and sees what other processes have changed.

const { location, pulse, pulseEvery, lookEvery } = workerData as SentinelOptions;
const port = parentPort!;
const count = new Int32Array(pulse);
const workers = new Map<string, Kept>();

interface Kept {
  readonly lease: number;
  /** When the main thread spoke of it last. */
  readonly confirmedAt: number;
  /** When its beat was counted up last. */
  beatAt: number;
}

let database: SentinelDatabase | undefined;
let lastCount = -1;
let pulsedAt = performance.now();
let seenAt = 0;
let isClosing = false;

// A loop that stands still for this many leases does not come back: its tasks are better off elsewhere.
const mostLeases = 10;

// A database in which nothing happens is looked at less often.
const quietAfter = 5000;
const slowdown = 3;
const report = (message: SentinelReport): void => port.postMessage(message);

port.on('message', (order: SentinelOrder | 'close') => {
  if (order === 'close') {
    isClosing = true;
    return;
  }
  const now = performance.now();
  // What speaks of it has counted up the beat as well.
  workers.set(order.id, { lease: order.lease, confirmedAt: now, beatAt: now });
});

async function turn(): Promise<void> {
  try {
    database ??= await openSentinelDatabase(location);
    const seen = database.look([...workers.keys()]);
    if (seen !== undefined) {
      seenAt = performance.now();
      report({ kind: 'seen', ...seen });
    }
    await beat(database);
  } catch (error) {
    report({ kind: 'failed', message: error instanceof Error ? error.message : String(error) });
  }
  if (isClosing) {
    await database?.close();
    port.close();
  } else setTimeout(turn, performance.now() - seenAt > quietAfter ? lookEvery * slowdown : lookEvery);
}

async function beat(opened: SentinelDatabase): Promise<void> {
  const stillFor = standstill();
  for (const [id, worker] of workers) {
    const now = performance.now();
    if (isGone(worker, now, stillFor)) workers.delete(id);
    else if (now - worker.beatAt >= worker.lease / 3) {
      worker.beatAt = now;
      if (stillFor > worker.lease / 3) report({ kind: 'blocked', seconds: Math.round(stillFor / 1000) });
      if (!(await opened.beat(id))) report({ kind: 'seen', work: true, interrupt: true });
    }
  }
}

// A loop that turns, and does not speak of a worker any more, has stopped it.
function isGone({ lease, confirmedAt }: Kept, now: number, stillFor: number): boolean {
  return stillFor > lease * mostLeases || (stillFor < lease / 3 && now - confirmedAt > lease);
}

/** Milliseconds for which the main thread's loop has not turned. */
function standstill(): number {
  const now = performance.now();
  const pulses = Atomics.load(count, 0);
  if (pulses !== lastCount) {
    lastCount = pulses;
    pulsedAt = now;
  }
  return Math.max(0, now - pulsedAt - pulseEvery);
}

void turn();
