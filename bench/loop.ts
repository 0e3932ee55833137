// What the loop guard costs, and how long a ping takes while every thread computes.
import { Agent, get } from 'node:http';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { load } from './harness/load.ts';
import { type BenchOptions, benchOptions, isWhole } from './harness/options.ts';
import { writeReport } from './harness/report.ts';
import { inTurn, median, ratioTo } from './harness/rounds.ts';
import { ServerProcess } from './harness/server-process.ts';
import { figure, markdownTable } from './harness/table.ts';

const server = join(import.meta.dirname, 'loop/server.ts');
const path = '/items/42?q=espresso&limit=5';

/** Runs the benchmark. */
export async function run(args: readonly string[]): Promise<void> {
  const options = benchOptions(args, { rounds: 5, seconds: 10 });
  const parts = { guard: await guardPart(options), threads: await threadsPart(options) };
  for (const part of Object.values(parts)) console.log(`\n${part}`);
  if (!isWhole(options)) return;
  const body = `## What the guard costs\n\n${parts.guard}\n\n## A ping while every thread computes\n\n${parts.threads}`;
  console.log(`\nWritten to ${writeReport({ name: 'loop', title: 'The loop: its guard, and threads', body })}`);
}

// On and off run at the same time on the same core, so whatever else the machine does strikes them alike.
async function guardPart({ rounds, seconds }: BenchOptions): Promise<string> {
  const found = await inTurn(['both'], rounds, (_, round) => costs(seconds, round));
  const of = (at: number): number[] => found.get('both')!.map((one) => one[at]!);
  const rows = guards.map((guard, at) => [guard, figure(median(of(at)), 2), figure(ratioTo(of(0), of(at)), 4)]);
  const table = markdownTable({ columns: ['guard', 'CPU µs/request', 'ratio'], rows });
  const how = `A validated GET under load, side by side on one core, ${rounds} rounds of ${seconds} s, each in fresh processes.`;
  return `${how}\n\n${table}`;
}

const guards = ['off', 'on', 'watchdog'];

/** Microseconds of processor time per request, for each of {@link guards}; each round starts another one first. */
async function costs(seconds: number, round: number): Promise<number[]> {
  const order = guards.map((_, at) => guards[(at + round) % guards.length]!);
  await using servers = new AsyncDisposableStack();
  const running = await Promise.all(order.map(async (guard) => servers.use(await startServer({ LOOP_GUARD: guard }))));
  const loadAll = (time: number) =>
    Promise.all(running.map(({ url }) => load(url, { method: 'GET', path }, { seconds: time, connections: 16 })));
  await loadAll(2);
  const before = running.map((one) => one.cpuSeconds() ?? 0);
  const results = await loadAll(seconds);
  if (results.some(({ failed }) => failed > 0)) throw new Error('a request failed');
  const found = results.map(({ requests }, at) => (((running[at]!.cpuSeconds() ?? 0) - before[at]!) / requests) * 1e6);
  return guards.map((guard) => found[order.indexOf(guard)]!);
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
