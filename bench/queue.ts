// Queues: tasks that do nothing, enqueued, run from end to end, and how long one waits for its start in another process.

import { barChart } from './harness/chart.ts';
import { benchOptions, isWhole } from './harness/options.ts';
import { installPeers } from './harness/peers.ts';
import { writeReport } from './harness/report.ts';
import { inTurn, median } from './harness/rounds.ts';
import { figure, markdownTable } from './harness/table.ts';
import type { Contender, Scenario } from './queue/contenders.ts';
import type { Found } from './queue/found.ts';

const scenarios: readonly Scenario[] = ['end-to-end', 'enqueue', 'drain', 'start'];
const drainTasks = 10_000;
const startTasks = 200;

interface Figures {
  readonly contender: Contender;
  readonly endToEnd: number | undefined;
  readonly cpuMicros: number | undefined;
  readonly enqueue: number | undefined;
  readonly drain: number | undefined;
  /** Microseconds of processor time a task: this process, then the server's. */
  readonly drainCpu: number | undefined;
  readonly drainServer: number | undefined;
  readonly waits: readonly number[];
}

/** Runs the benchmark. */
export async function run(args: readonly string[]): Promise<void> {
  const options = benchOptions(args, { rounds: 3, seconds: 1 });
  installPeers();
  // The list asks for the peers' versions, so it can only be made once they are installed.
  const { contenders } = await import('./queue/contenders.ts');
  const all = (await contenders()).filter(({ name }) => options.only?.includes(name) ?? true);
  const byName = new Map(all.map((contender) => [contender.name, contender]));
  const found = new Map<Scenario, ReadonlyMap<string, readonly Found[]>>();
  for (const scenario of scenarios.filter((each) => options.scenarios?.includes(each) ?? true)) {
    const names = all
      .filter((one) => (one.scenarios?.includes(scenario) ?? true) && (scenario !== 'start' || one.name !== 'memory'))
      .map(({ name }) => name);
    const rounds = await inTurn(names, options.rounds, async (name) => {
      const contender = byName.get(name)!;
      const count = { start: startTasks, drain: Math.min(drainTasks, contender.count) }[scenario as string];
      const result = await contender.measure(scenario, count ?? contender.count);
      const text =
        result.waits === undefined ? `${figure(result.perSecond!)}/s` : `${figure(median(result.waits), 1)} ms`;
      console.error(`${scenario.padEnd(10)} ${name.padEnd(16)} ${text}`);
      return result;
    });
    found.set(scenario, rounds);
  }
  const rows = all.map((contender) => figuresOf(contender, found));
  const table = tableOf(rows);
  console.log(`\n${table}`);
  if (!isWhole(options)) return;
  const bars = rows.map(({ contender, endToEnd = 0 }) => ({
    label: contender.name,
    value: endToEnd,
    text: figure(endToEnd),
    accent: contender.name === 'sqlite',
  }));
  const chart = barChart('Tasks that do nothing, from end to end', [
    { title: 'tasks per second (more is better)', bars },
  ]);
  const body = `${introduction(options.rounds)}\n\n![Tasks per second](queue-end-to-end.svg)\n\n${table}`;
  const load = 'all processes share the cores';
  const path = writeReport({ name: 'queue', title: 'Queues', body, charts: { 'end-to-end': chart }, load });
  console.log(`\nWritten to ${path}`);
}

function figuresOf(contender: Contender, found: ReadonlyMap<Scenario, ReadonlyMap<string, readonly Found[]>>): Figures {
  const of = (scenario: Scenario, pick: (found: Found) => number | undefined): number | undefined => {
    const values = (found.get(scenario)?.get(contender.name) ?? []).flatMap((each) => pick(each) ?? []);
    return values.length === 0 ? undefined : median(values);
  };
  return {
    contender,
    endToEnd: of('end-to-end', ({ perSecond }) => perSecond),
    cpuMicros: of('end-to-end', ({ cpuMicros }) => cpuMicros),
    enqueue: of('enqueue', ({ perSecond }) => perSecond),
    drain: of('drain', ({ perSecond }) => perSecond),
    drainCpu: of('drain', ({ cpuMicros }) => cpuMicros),
    drainServer: of('drain', ({ serverMicros }) => serverMicros),
    waits: (found.get('start')?.get(contender.name) ?? []).flatMap(({ waits = [] }) => waits).sort((a, b) => a - b),
  };
}

function tableOf(rows: readonly Figures[]): string {
  const cell = (value: number | undefined, decimals = 0): string =>
    value === undefined ? '' : figure(value, decimals);
  return markdownTable({
    columns: [
      'queue',
      'end to end, tasks/s',
      'enqueue, tasks/s',
      'drain, tasks/s',
      'drain: CPU, µs/task',
      'of PostgreSQL, µs/task',
      'start, median ms',
      'start, p99 ms',
      'CPU, µs/task',
    ],
    rows: rows.map(({ contender, endToEnd, enqueue, drain, drainCpu, drainServer, waits, cpuMicros }) => [
      contender.label,
      cell(endToEnd),
      cell(enqueue),
      cell(drain),
      cell(drainCpu),
      cell(drainServer),
      cell(waits[waits.length >> 1], 1),
      cell(waits[Math.floor(waits.length * 0.99)], 1),
      cell(cpuMicros),
    ]),
  });
}

function introduction(rounds: number): string {
  return [
    'Tasks that do nothing. **End to end**: 100 callers enqueue side by side while a worker in the same process, with 200 places, runs them; until',
    'the last has run. **Enqueue**: the same without a worker; each call waits until its task is stored. **Drain**: 10,000 tasks that wait are worked off, the start of the worker included, with the processor time that the Node process and PostgreSQL’s own processes take for each. **Start**: one process enqueues, another',
    'one runs; from the call of `enqueue` to the first line of the function, one task at a time. **CPU** is that of the Node process, threads',
    `included, end to end. Medians of ${rounds} rounds, each with a new store.`,
    '',
    'SQLite has a write-ahead log and `synchronous = normal`, PostgreSQL `synchronous_commit = off`, Redis an append-only file, synced every second.',
    'The servers share the machine’s cores. BullMQ keeps results for a day, as Cortado does. Celery runs as Debian packages it: two worker',
    'processes and one that enqueues, Redis as broker and for results, a prefetch of 64; its `delay()` blocks, so one caller enqueues.',
  ].join('\n');
}
