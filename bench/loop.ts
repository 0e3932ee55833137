// What the loop guard costs, and how long a ping takes while every thread computes.
import { Agent, get } from 'node:http';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type BenchOptions, benchOptions, isWhole } from './harness/options.ts';
import { writeReport } from './harness/report.ts';
import { ServerProcess } from './harness/server-process.ts';
import { figure, markdownTable } from './harness/table.ts';
import { guardCost } from './loop/guard-cost.ts';

const server = join(import.meta.dirname, 'loop/server.ts');

/** Runs the benchmark. */
export async function run(args: readonly string[]): Promise<void> {
  const options = benchOptions(args, { rounds: 6, seconds: 15 });
  const wanted = (part: string): boolean => options.only?.includes(part) ?? true;
  const guard = wanted('guard') ? await guardCost(options) : '';
  const threads = wanted('threads') ? await threadsPart(options) : '';
  console.log(`\n${guard}\n\n${threads}`);
  if (!isWhole(options)) return;
  const body = `## What the guard costs\n\n${guard}\n\n## A ping while every thread computes\n\n${threads}`;
  console.log(`\nWritten to ${writeReport({ name: 'loop', title: 'The loop: its guard, and threads', body })}`);
}

function startServer(env: Record<string, string>, core?: 'all'): Promise<ServerProcess> {
  return ServerProcess.start({
    name: 'cortado',
    program: process.execPath,
    args: [server],
    probe: '/ping',
    env,
    ...(core !== undefined && { core }),
  });
}

async function threadsPart({ seconds }: BenchOptions): Promise<string> {
  const rows: string[][] = [];
  for (const [label, threads] of [
    ['default', undefined],
    ['2 threads', '2'],
  ] as const) {
    const { idle, busy, fibs } = await pings(threads, Math.max(10, seconds));
    for (const [when, times] of [
      ['idle', idle],
      ['saturated', busy],
    ] as const)
      rows.push([
        `${label}, ${when}`,
        figure(times.length),
        ...[50, 99, 100].map((p) => figure(percentile(times, p), 2)),
        when === 'idle' ? '' : String(fibs),
      ]);
  }
  const table = markdownTable({ columns: ['/ping', 'pings', 'p50 ms', 'p99 ms', 'worst ms', 'fib(40) done'], rows });
  return `fib(40) asked for by as many clients as there are threads, and 4 more that wait; one ping after the other beside them.\n\n${table}`;
}

async function pings(
  threads: string | undefined,
  seconds: number,
): Promise<{ idle: number[]; busy: number[]; fibs: number }> {
  await using process_ = await startServer(threads === undefined ? {} : { THREADS: threads }, 'all');
  const { url } = process_;
  const idle = await pingFor(url, 2000);
  let fibs = 0;
  let isOver = false;
  const clients = Array.from({ length: 2 + 4 }, async () => {
    for (; !isOver; fibs++) if ((await ask(`${url}/fib?n=40`)) !== '102334155') throw new Error('a wrong fib');
  });
  const ended = Promise.allSettled(clients);
  await pause(1000);
  const busy = await pingFor(url, seconds * 1000);
  isOver = true;
  await process_[Symbol.asyncDispose]();
  await ended;
  return { idle, busy, fibs };
}

async function pingFor(url: string, ms: number): Promise<number[]> {
  const times: number[] = [];
  for (const end = performance.now() + ms; performance.now() < end; await pause(5)) {
    const began = performance.now();
    await ask(`${url}/ping`);
    times.push(performance.now() - began);
  }
  return times;
}

const agent = new Agent({ keepAlive: true });

function ask(url: string): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  get(url, { agent }, (response) => {
    let text = '';
    response.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
    response.on('end', () => resolve(text)).on('error', reject);
  }).on('error', reject);
  return promise;
}

function percentile(values: readonly number[], percent: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * percent) / 100))]!;
}
