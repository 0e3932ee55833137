// A backlog that Python enqueued: how fast a Python worker and a TypeScript worker work it off, each alone.
import { join } from 'node:path';
import { Queue } from '../src/queue/index.ts';
import { type Program, startProgram } from '../test/support/program.ts';
import { startRedis } from '../test/support/redis-server.ts';
import { benchOptions, isWhole } from './harness/options.ts';
import { writeReport } from './harness/report.ts';
import { inTurn, median } from './harness/rounds.ts';
import { figure, markdownTable } from './harness/table.ts';

const tasks = 4000;
const folder = join(import.meta.dirname, 'queue');

/** Runs the benchmark. */
export async function run(args: readonly string[]): Promise<void> {
  const options = benchOptions(args, { rounds: 3, seconds: 1 });
  const workers: Record<string, (url: string) => Promise<AsyncDisposable>> = {
    'Celery (Python), two processes': python,
    'Cortado, one process': cortado,
  };
  const found = await inTurn(Object.keys(workers), options.rounds, (name) => drain(workers[name]!));
  const rates = Object.keys(workers).map((name) => median(found.get(name)!));
  const rows = Object.keys(workers).map((name, at) => [name, figure(rates[at]!), figure(rates[at]! / rates[0]!, 1)]);
  const table = markdownTable({ columns: ['worker', 'tasks/s', 'ratio'], rows });
  console.log(`\n${table}`);
  if (!isWhole(options)) return;
  const how = `${figure(tasks)} tasks that do nothing, enqueued by Python's \`delay()\` over Redis before the worker starts; from the first result to the last. Medians of ${options.rounds} rounds.`;
  const load = 'all processes share the cores';
  console.log(
    `\nWritten to ${writeReport({ name: 'celery', title: 'Serving Python', body: `${how}\n\n${table}`, load })}`,
  );
}

async function drain(work: (url: string) => Promise<AsyncDisposable>): Promise<number> {
  await using redis = await startRedis();
  const producer = startProgram('/usr/bin/python3', ['celery_app.py', 'enqueue', String(tasks)], {
    cwd: folder,
    env: { CELERY_URL: redis.url },
  });
  if ((await producer.ended) !== 0) throw new Error(producer.output());
  const { Redis } = await import('ioredis');
  const client = new Redis(redis.url);
  // The results of Celery and the ledger of Cortado have keys of their own, so what is left in the queue and in work is counted.
  const left = async (): Promise<number> => (await client.llen('celery')) + (await client.hlen('unacked'));
  await using _worker = await work(redis.url);
  while ((await left()) === tasks) await new Promise((resolve) => setTimeout(resolve, 5));
  const [from, startedAt] = [await left(), performance.now()];
  let rest = from;
  while ((rest = await left()) > 0) await new Promise((resolve) => setTimeout(resolve, 5));
  const seconds = (performance.now() - startedAt) / 1000;
  client.disconnect();
  return (from - rest) / seconds;
}

async function cortado(url: string): Promise<AsyncDisposable> {
  const queue = new Queue({ engine: `celery+${url}` });
  queue.task('celery_app.noop', () => Date.now());
  await queue.work({ concurrency: 100 });
  return queue;
}

async function python(url: string): Promise<AsyncDisposable> {
  // Acknowledged late, as Cortado does always; else the queue would be empty long before the work is done.
  const flags = ['worker', '-c', '2', '-l', 'INFO', '--without-gossip', '--without-mingle'];
  const worker: Program = startProgram('/usr/bin/python3', ['-m', 'celery', '-A', 'celery_app', ...flags], {
    cwd: folder,
    env: { CELERY_URL: url, LATE: '1' },
  });
  await worker.until(/ready\./);
  return worker;
}
