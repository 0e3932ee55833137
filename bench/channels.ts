// Channels: what a transaction costs that publishes, and how long it takes from a commit to subscribers in other processes.
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { startPostgres } from '../test/support/postgres.ts';
import { startNode } from '../test/support/program.ts';
import { startRedis } from '../test/support/redis-server.ts';
import { benchOptions, isWhole } from './harness/options.ts';
import { writeReport } from './harness/report.ts';
import { median, ratioTo, spreadOfRatio } from './harness/rounds.ts';
import { figure, markdownTable } from './harness/table.ts';

const runFile = promisify(execFile);
const programs = join(import.meta.dirname, 'channels');
const subscribers = 4;
const rate = 500;

/** Where events are kept: its name, and the URL of a new, empty one. */
interface Place {
  readonly name: string;
  readonly newUrl: () => Promise<string>;
}

/** Runs the benchmark: `--only SQLite,PostgreSQL`, `--scenario cost,delay`. */
export async function run(args: readonly string[]): Promise<void> {
  const options = benchOptions(args, { rounds: 15, seconds: 10 });
  const folder = mkdtempSync(join(tmpdir(), 'cortado-channels-'));
  await using server = await startPostgres();
  await using redis = await startRedis();
  let files = 0;
  const places: readonly Place[] = [
    { name: 'SQLite', newUrl: async () => `sqlite:${join(folder, `${++files}.db`)}` },
    { name: 'PostgreSQL', newUrl: () => server.newDatabase() },
    // It joins no transaction, so there is none to cost anything.
    { name: 'Redis', newUrl: async () => redis.url },
  ];
  const wanted = places.filter(({ name }) => options.only?.includes(name) ?? true);
  const has = (scenario: string): boolean => options.scenarios?.includes(scenario) ?? true;
  const body: string[] = [];
  try {
    if (has('cost'))
      body.push(
        await costs(
          wanted.filter(({ name }) => name !== 'Redis'),
          options.rounds,
        ),
      );
    if (has('delay')) body.push(await delays(wanted, options.seconds));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  console.log(body.join('\n\n'));
  if (isWhole(options))
    console.log(writeReport({ name: 'channels', title: 'Channels', body: body.join('\n\n'), load: 'no HTTP' }));
}

async function costs(places: readonly Place[], rounds: number): Promise<string> {
  const rows: string[][] = [];
  for (const { name, newUrl } of places) {
    const found = await measured('cost.ts', [await newUrl(), String(rounds), '500']);
    const of = (side: string): number[] => found.filter((one) => one.name === side).map(({ micros }) => micros);
    const base = of('two INSERTs');
    for (const side of ['one INSERT', 'two INSERTs', 'INSERT and publish']) {
      const values = of(side);
      const ratio = `${figure(ratioTo(base, values), 2)} ± ${figure(spreadOfRatio(base, values), 2)}`;
      rows.push([`${name}: ${side}`, figure(median(values)), ratio]);
    }
  }
  return `## What a transaction costs

Transactions one after another on four connections, each with an INSERT into a table with an index; beside it a second one of the same kind, or \`publish\`. PostgreSQL does not wait for the disk (\`fsync=off\`), which would make the ratio smaller.

${markdownTable({ columns: ['transaction', 'µs', 'ratio to two INSERTs, 95 %'], rows })}`;
}

interface Measured {
  readonly name: string;
  readonly micros: number;
}

async function measured(program: string, args: readonly string[]): Promise<Measured[]> {
  const { stdout } = await runFile(
    process.execPath,
    ['--conditions=cortado-source', join(programs, program), ...args],
    {
      maxBuffer: 2 ** 26,
    },
  );
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Measured);
}

async function delays(places: readonly Place[], seconds: number): Promise<string> {
  const rows: string[][] = [];
  for (const { name, newUrl } of places) rows.push([name, ...(await delaysOf(await newUrl(), seconds))]);
  return `## From a commit to subscribers

${figure(rate)} transactions a second that publish one event each, from one process, in five rooms; ${subscribers} other processes subscribe to all of them. The delay is from when the commit was known to the publisher to when the event was handed to a subscriber.

${markdownTable({ columns: ['engine', 'events', 'p50 ms', 'p99 ms', 'most ms', 'lost'], rows })}`;
}

async function delaysOf(url: string, seconds: number): Promise<string[]> {
  await using stack = new AsyncDisposableStack();
  const listening = Array.from({ length: subscribers }, () =>
    stack.use(startNode([join(programs, 'subscriber.ts'), url], { stdin: 'pipe' })),
  );
  for (const one of listening) await one.until(/ready/);
  const publisher = stack.use(startNode([join(programs, 'publisher.ts'), url, String(rate), String(seconds)]));
  await publisher.ended;
  await pause(2000);
  const committed = new Map(JSON.parse(publisher.output().trim().split('\n').at(-1)!) as [number, number][]);
  const waits: number[] = [];
  let lost = 0;
  for (const one of listening) {
    one.child.stdin!.write('end\n');
    await one.ended;
    const got = new Map(JSON.parse(one.output().trim().split('\n').at(-1)!) as [number, number][]);
    for (const [n, at] of committed) {
      const seen = got.get(n);
      if (seen === undefined) lost++;
      else waits.push(Math.max(0, seen - at) / 1000);
    }
  }
  waits.sort((a, b) => a - b);
  const at = (share: number): string => figure(waits[Math.min(waits.length - 1, Math.floor(share * waits.length))]!, 1);
  return [figure(committed.size), at(0.5), at(0.99), at(1), figure(lost)];
}
