// This build beside an earlier one, in turn: `npm run bench -- against PATH`, where PATH is another checkout with its dependencies installed,
// `-- against PATH db` with databases, and `-- against PATH queue` (or celery) for what another benchmark prints of Cortado.
import { join } from 'node:path';
import { type Builds, buildsOf } from './against/builds.ts';
import { DatabaseServers } from './against/database-servers.ts';
import { mean, pairedRatio } from './against/paired-ratio.ts';
import { partOf, printedFigures } from './against/printed-figures.ts';
import { timed as ofDatabases } from './db/application.ts';
import { checkAnswers as checkDatabase } from './db/check.ts';
import { type BenchOptions, benchOptions } from './harness/options.ts';
import { inTurn, type Rounds } from './harness/rounds.ts';
import { figure, markdownTable } from './harness/table.ts';
import { roundsPerStart, type Timed, timedRounds } from './harness/timed-rounds.ts';
import { timed } from './http/application.ts';
import { checkAnswers } from './http/check.ts';
import type { Contender } from './http/contenders.ts';

/** Runs the benchmark. The earlier build runs twice, which tells how far two runs of the same code lie apart. */
export async function run(args: readonly string[]): Promise<void> {
  const [path, ...rest] = args;
  if (path === undefined || path.startsWith('-'))
    throw new Error('Say against which checkout: npm run bench -- against PATH.');
  const builds = buildsOf(path);
  const [benchmark, ...others] = rest;
  if (benchmark === 'db') return runDatabases(builds, benchOptions(others, { rounds: 9, seconds: 1 }));
  if (benchmark !== undefined && !benchmark.startsWith('-')) return runPrinted(builds, benchmark, others);
  const options = benchOptions(rest, { rounds: 15, seconds: 1 });
  const contenders = Object.entries(builds).map(([name, folder]) => contender(name, folder));
  for (const scenario of ['get', 'post'] as const) {
    if (!(options.scenarios?.includes(scenario) ?? true)) continue;
    const request = timed[scenario];
    print(
      scenario,
      await timedRounds({ ...options, name: scenario, contenders, request, check: checkAnswers }),
      options,
    );
  }
}

async function runDatabases(builds: Builds, options: BenchOptions): Promise<void> {
  for (const kind of ['sqlite', 'postgres'] as const)
    for (const scenario of ['get', 'post'] as const) {
      if (options.scenarios?.some((name) => name !== kind && name !== scenario) ?? false) continue;
      await using open = await DatabaseServers.open(kind, builds, Math.ceil(options.rounds / roundsPerStart));
      const found = await timedRounds({
        ...options,
        name: scenario,
        contenders: open.servers,
        request: ofDatabases[scenario],
        check: ({ name }, url) => checkDatabase(name, url),
      });
      print(`${kind}, ${scenario}`, found, options);
    }
}

function print(what: string, found: Rounds<Timed>, { rounds, seconds }: BenchOptions): void {
  const base = found.get('before')!;
  const rows = [...found].map(([name, samples]) => [
    name,
    figure(mean(samples.map(rate))),
    pairedRatio(base.map(rate), samples.map(rate)),
    figure(mean(samples.map(cpu)), 1),
    pairedRatio(samples.map(cpu), base.map(cpu)),
  ]);
  const columns = ['build', 'requests/s', '× before, 95 %', 'CPU, µs', 'by CPU, 95 %'];
  console.log(`\n${what}, ${rounds} rounds of ${seconds} s\n\n${markdownTable({ columns, rows })}`);
}

const rate = ({ perSecond }: Timed): number => perSecond;
const cpu = ({ cpuMicros }: Timed): number => cpuMicros;

// Each build runs its own copy of the benchmark, one round at a time.
async function runPrinted(builds: Builds, benchmark: string, args: readonly string[]): Promise<void> {
  const { rounds, rest } = partOf(args);
  const found = await inTurn(Object.keys(builds), rounds, async (name, round) => {
    console.error(`${benchmark}, round ${round + 1} of ${rounds}: ${name}`);
    return printedFigures(builds[name as keyof Builds], benchmark, rest);
  });
  const of = (name: string, figure: string): number[] => found.get(name)!.map((figures) => figures.get(figure) ?? NaN);
  const rows = [...found.get('now')![0]!.keys()].map((name) => {
    const before = of('before', name);
    return [name, pairedRatio(before, of('again', name)), pairedRatio(before, of('now', name))];
  });
  const columns = ['what', 'the same build again, 95 %', 'now, 95 %'];
  console.log(`\n${benchmark}, ${rounds} rounds\n\n${markdownTable({ columns, rows })}`);
}

function contender(name: string, folder: string): Contender {
  const args = [join(folder, 'bench/http/servers/cortado.ts')];
  return { name, label: name, validates: true, server: { name, program: process.execPath, args, probe: '/items/1' } };
}
