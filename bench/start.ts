// How long an app takes from the spawn of its process to its first answer, and what memory it has then: with one route and with a thousand, on an empty
// compile cache and on a filled one. `--before PATH` measures an earlier checkout beside the others.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pairedRatio } from './against/paired-ratio.ts';
import { withoutBefore } from './harness/before.ts';
import { benchOptions, isWhole } from './harness/options.ts';
import { installPeers } from './harness/peers.ts';
import { writeReport } from './harness/report.ts';
import { inTurn, median } from './harness/rounds.ts';
import { figure, markdownTable } from './harness/table.ts';
import { type Started, writeApps } from './start/apps.ts';
import { type StartFigures, timeStart } from './start/time-start.ts';

const sizes = { one: 1, thousand: 1000 } as const;
const modes = { none: 'as it is started', cold: 'an empty compile cache', warm: 'a filled compile cache' } as const;

/** Runs the benchmark. */
export async function run(args: readonly string[]): Promise<void> {
  const { before, rest } = withoutBefore(args);
  const options = benchOptions(rest, { rounds: 15, seconds: 1 });
  installPeers();
  const sections: string[] = [];
  for (const [size, routes] of Object.entries(sizes)) {
    if (!(options.scenarios?.includes(size) ?? true)) continue;
    const started = writeApps(routes, before).filter(
      ({ name }, at) => at === 0 || (options.only?.includes(name) ?? true),
    );
    for (const [mode, label] of Object.entries(modes) as [keyof typeof modes, string][]) {
      const found = await measure(started, mode, options.rounds);
      const title = `${routes === 1 ? 'One route' : `${figure(routes)} routes`}, ${label}`;
      const table = tableOf(started, found);
      console.log(`\n${title}\n\n${table}`);
      sections.push(`## ${title}\n\n${table}`);
    }
  }
  if (isWhole(options))
    console.log(
      `\nWritten to ${writeReport({ name: 'start', title: 'Starts', body: [introduction(options.rounds), ...sections].join('\n\n'), load: 'One process is started at a time.' })}`,
    );
}

type Found = Awaited<ReturnType<typeof measure>>;

async function measure(started: readonly Started[], mode: keyof typeof modes, rounds: number) {
  const caches = mkdtempSync(join(tmpdir(), 'cortado-start-'));
  const cacheOf = (name: string): string | undefined => (mode === 'none' ? undefined : join(caches, name));
  try {
    // The first fills the cache, the second finds it filled and writes what the first has compiled late.
    if (mode !== 'cold')
      for (const one of started) for (let at = 0; at < 2; at++) await timeStart(one, cacheOf(one.name), true);
    const byName = new Map(started.map((one) => [one.name, one]));
    return await inTurn([...byName.keys()], rounds, (name): Promise<StartFigures> => {
      if (mode === 'cold') rmSync(cacheOf(name)!, { recursive: true, force: true });
      return timeStart(byName.get(name)!, cacheOf(name), false);
    });
  } finally {
    rmSync(caches, { recursive: true, force: true });
  }
}

function tableOf(started: readonly Started[], found: Found): string {
  const of = (name: string, pick: keyof StartFigures): number[] => found.get(name)!.map((each) => each[pick]);
  const base = started[0]!.name;
  const rows = started.map(({ name, label }) => {
    return [
      label,
      figure(median(of(name, 'ms'))),
      name === base ? '1.00' : pairedRatio(of(base, 'ms'), of(name, 'ms')),
      figure(median(of(name, 'cpu'))),
      figure(median(of(name, 'memory'))),
    ];
  });
  const columns = ['app', 'ms to the first answer', '× Fastify, 95 %', 'CPU, ms', 'memory, MB'];
  return markdownTable({ columns, rows });
}

function introduction(rounds: number): string {
  return `Medians of ${rounds} starts, in turn. Each app is TypeScript that Node strips; logging is off on both sides. Every route but the first has a body, a path parameter and an answer with schemas of their own. "As it is started" sets no variable: \`cortado run\` keeps a compile cache by itself, as the package managers do, and has filled it in a start before; plain \`node\` keeps none. For the other tables \`NODE_COMPILE_CACHE\` is set for all.`;
}
