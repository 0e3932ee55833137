// Databases: users read one by one, as a list, and written, on SQLite and on PostgreSQL.

import { timed } from './db/application.ts';
import { checkAnswers } from './db/check.ts';
import { type Contender, Databases, type Kind } from './db/contenders.ts';
import { barChart } from './harness/chart.ts';
import { load } from './harness/load.ts';
import { type BenchOptions, benchOptions, isWhole } from './harness/options.ts';
import { installPeers } from './harness/peers.ts';
import { writeReport } from './harness/report.ts';
import { inTurn, median, ratioTo } from './harness/rounds.ts';
import type { ServerProcess } from './harness/server-process.ts';
import { figure, markdownTable } from './harness/table.ts';

type Scenario = keyof typeof timed;

const kinds: Readonly<Record<Kind, string>> = { sqlite: 'SQLite', postgres: 'PostgreSQL' };
const titles: Readonly<Record<Scenario, string>> = {
  get: 'GET one user by id, through a session',
  list: 'GET a list of 20 users',
  post: 'POST: one user is made, in a transaction',
};
const warmUpSeconds = 2;

interface Timed {
  readonly perSecond: number;
  readonly p99: number;
  readonly cpuMicros: number;
}

interface Row extends Timed {
  readonly contender: Contender;
  readonly ratio: number;
}

/** Runs the benchmark. `--scenario sqlite,get` chooses databases and requests. */
export async function run(args: readonly string[]): Promise<void> {
  const options = benchOptions(args, { rounds: 9, seconds: 2 });
  installPeers();
  const { contenders } = await import('./db/contenders.ts');
  const sections: string[] = [];
  const charts: Record<string, string> = {};
  for (const kind of chosen(Object.keys(kinds) as Kind[], options)) {
    await using databases = await Databases.open(kind);
    const all = contenders(kind).filter(({ name }, at) => at === 0 || (options.only?.includes(name) ?? true));
    for (const scenario of chosen(Object.keys(titles) as Scenario[], options)) {
      const title = `${kinds[kind]}: ${titles[scenario]}`;
      const rows = await measure(scenario, all, databases, options);
      const table = tableOf(rows);
      console.log(`\n${title}\n\n${table}`);
      charts[`${kind}-${scenario}`] = chartOf(title, rows);
      sections.push(`## ${title}\n\n![${title}](db-${kind}-${scenario}.svg)\n\n${table}`);
    }
  }
  if (!isWhole(options)) return;
  const body = [introduction(options), ...sections].join('\n\n');
  console.log(`\nWritten to ${writeReport({ name: 'db', title: 'Databases', body, charts })}`);
}

function chosen<T extends string>(all: readonly T[], { scenarios }: BenchOptions): readonly T[] {
  const named = all.filter((name) => scenarios?.includes(name));
  return named.length > 0 ? named : all;
}

async function measure(
  scenario: Scenario,
  all: readonly Contender[],
  databases: Databases,
  { rounds, seconds }: BenchOptions,
): Promise<Row[]> {
  await using running = new AsyncDisposableStack();
  const servers = new Map<string, ServerProcess>();
  for (const contender of all) {
    const server = running.use(await databases.start(contender));
    await checkAnswers(contender.name, server.url);
    await load(server.url, timed[scenario], { seconds: warmUpSeconds });
    servers.set(contender.name, server);
  }
  const found = await inTurn([...servers.keys()], rounds, async (name): Promise<Timed> => {
    const server = servers.get(name)!;
    const before = server.cpuSeconds() ?? 0;
    const { perSecond, p99, failed, requests } = await load(server.url, timed[scenario], { seconds });
    if (failed > 0) throw new Error(`${name}: ${failed} of ${requests} requests failed`);
    console.error(`${scenario.padEnd(5)} ${name.padEnd(16)} ${figure(perSecond)}/s`);
    return { perSecond, p99, cpuMicros: (((server.cpuSeconds() ?? 0) - before) / requests) * 1e6 };
  });
  const rates = (name: string): number[] => found.get(name)!.map(({ perSecond }) => perSecond);
  return all.map((contender) => ({
    contender,
    perSecond: median(rates(contender.name)),
    ratio: ratioTo(rates(all[0]!.name), rates(contender.name)),
    p99: median(found.get(contender.name)!.map(({ p99 }) => p99)),
    cpuMicros: median(found.get(contender.name)!.map(({ cpuMicros }) => cpuMicros)),
  }));
}

function tableOf(rows: readonly Row[]): string {
  const fastapi = rows.find(({ contender }) => contender.name === 'fastapi');
  return markdownTable({
    columns: ['server', 'requests/s', '× Fastify, Kysely', ...(fastapi ? ['× FastAPI'] : []), 'p99, ms', 'CPU, µs'],
    rows: rows.map(({ contender, perSecond, ratio, p99, cpuMicros }) => [
      contender.label,
      figure(perSecond),
      figure(ratio, 2),
      ...(fastapi ? [figure(perSecond / fastapi.perSecond, 1)] : []),
      figure(p99, 2),
      figure(cpuMicros, 1),
    ]),
  });
}

function chartOf(title: string, rows: readonly Row[]): string {
  const bars = rows.map(({ contender, perSecond }) => ({
    label: contender.name,
    value: perSecond,
    text: figure(perSecond),
    accent: contender.name === 'cortado',
  }));
  return barChart(title, [{ title: 'requests per second (more is better)', bars }]);
}

function introduction({ rounds, seconds }: BenchOptions): string {
  return [
    'Each server runs in a process of its own on one core, threads included, the load on the other; 64 connections, one request at a time',
    'on each. Every start has a new database with 1,000 users. Answers are checked first: the right body, 4xx for what is invalid, and what',
    'was made is there to be read. All contenders of a table run side by side and are warmed up; then they are loaded in turn, one at a time,',
    `${rounds} rounds of ${seconds} seconds each, so that what else the machine does strikes all alike. Figures are medians; a ratio to Fastify`,
    'with Kysely is the median of the rounds’ ratios. Processor time is that of the server’s process, not of the database’s.',
    '',
    'SQLite has a write-ahead log and `synchronous = normal` everywhere. better-sqlite3 runs on the event loop, so it is quicker per statement',
    'and holds up everything else while it runs; Cortado’s statements run in threads. PostgreSQL runs on the same two cores with',
    '`synchronous_commit = off`, ten connections per server.',
    '',
    'What each sends: a GET is one SELECT everywhere, outside of a transaction (Cortado’s session begins one at the first statement that may',
    'write; FastAPI’s begins one always). A POST is BEGIN, INSERT … RETURNING and COMMIT everywhere, answered once it is committed; FastAPI',
    'answers before. On PostgreSQL Cortado prepares statements by name and sends BEGIN in one message with the INSERT, both as it comes; the',
    'others do what they do as their documentation sets them up.',
  ].join('\n');
}
