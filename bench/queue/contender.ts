// One measurement in a process of its own: `contender.ts KIND SCENARIO COUNT URL` prints one line of JSON.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Queue as BullQueue, Worker as BullWorker, QueueEvents } from 'bullmq';
import { Queue } from '../../src/queue/index.ts';
import type { Found } from './found.ts';

const lanes = 100;
const concurrency = 200;
const [kind, scenario, countText, url] = process.argv.slice(2) as [string, string, string, string];
const count = Number(countText);
const now = (): number => performance.timeOrigin + performance.now();

/** What the scenarios need of a queue. */
export interface Contender {
  /** Starts a worker here; `onRun` is called in each task. */
  readonly work: (onRun: () => number | undefined) => Promise<void>;
  readonly enqueue: () => Promise<unknown>;
  /** Enqueues one, and resolves to what its function returned. */
  readonly result: (() => Promise<number>) | undefined;
  readonly close: () => Promise<void>;
}

function cortado(): Contender {
  const queue = new Queue({ engine: url });
  let run: () => number | undefined = () => undefined;
  const task = queue.task('noop', () => run());
  return {
    work: async (onRun) => {
      run = onRun;
      await queue.work({ concurrency });
    },
    enqueue: () => task.enqueue(),
    result: async () => Number(await (await task.enqueue()).result()),
    close: () => queue.close(),
  };
}

function bullmq(): Contender {
  const { hostname: host, port } = new URL(url);
  const connection = { host, port: Number(port), maxRetriesPerRequest: null };
  const queue = new BullQueue('noop', { connection });
  const events = new QueueEvents('noop', { connection });
  let worker: BullWorker | undefined;
  const keep = { removeOnComplete: { age: 86_400 }, removeOnFail: { age: 604_800 } };
  return {
    work: async (onRun) => {
      worker = new BullWorker('noop', async () => onRun(), { connection, concurrency });
      await worker.waitUntilReady();
    },
    enqueue: () => queue.add('noop', {}, keep),
    result: async () => Number(await (await queue.add('noop', {}, keep)).waitUntilFinished(events)),
    close: async () => {
      await Promise.all([worker?.close(), events.close(), queue.close()]);
    },
  };
}

async function enqueueAll(contender: Contender): Promise<void> {
  let left = count;
  const lane = async (): Promise<void> => {
    while (left-- > 0) await contender.enqueue();
  };
  await Promise.all(Array.from({ length: lanes }, lane));
}

async function measure(work: () => Promise<void>): Promise<Found> {
  const cpu = process.cpuUsage();
  const start = performance.now();
  await work();
  const seconds = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  return { perSecond: count / seconds, cpuMicros: (user + system) / count };
}

async function endToEnd(contender: Contender): Promise<Found> {
  let done = 0;
  const { promise: all, resolve } = Promise.withResolvers<void>();
  await contender.work(() => {
    if (++done === count) resolve();
    return undefined;
  });
  return measure(async () => {
    await enqueueAll(contender);
    await all;
  });
}

/** Works off what has been enqueued before. */
async function drain(contender: Contender): Promise<Found> {
  await enqueueAll(contender);
  let done = 0;
  const { promise: all, resolve } = Promise.withResolvers<void>();
  const used = url.startsWith('postgres') ? await (await import('./server-cpu.ts')).serverCpu(url) : undefined;
  const before = used?.();
  const found = await measure(async () => {
    await contender.work(() => {
      if (++done === count) resolve();
      return undefined;
    });
    await all;
  });
  return before === undefined ? found : { ...found, serverMicros: (used!() - before) / count };
}

/** From a process that enqueues to one that runs, one task at a time. */
async function start(contender: Contender): Promise<Found> {
  const child = spawn(process.execPath, [...process.execArgv, import.meta.filename, kind, 'work', '0', url], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  const waits: number[] = [];
  for (let task = 0; task < count; task++) {
    const enqueuedAt = now();
    waits.push((await contender.result!()) - enqueuedAt);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  child.kill('SIGKILL');
  return { waits };
}

const kinds: Readonly<Record<string, () => Contender | Promise<Contender>>> = {
  bullmq,
  'graphile-worker': async () => (await import('./postgres-peers.ts')).graphileWorker(url),
  'pg-boss': async () => (await import('./postgres-peers.ts')).pgBoss(url),
};
const contender = await (kinds[kind] ?? cortado)();
if (scenario === 'work') {
  await contender.work(now);
  console.log('ready');
} else {
  // One of them is more than is counted: what has to be made for the first is there, and a worker that has begun with it does no harm.
  if (scenario !== 'drain') await contender.enqueue();
  if (scenario === 'enqueue') console.log(JSON.stringify(await measure(() => enqueueAll(contender))));
  else if (scenario === 'drain') console.log(JSON.stringify(await drain(contender)));
  else console.log(JSON.stringify(await (scenario === 'start' ? start(contender) : endToEnd(contender))));
  await contender.close();
  process.exit();
}
