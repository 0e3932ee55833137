// This build beside an earlier one, in turn: `npm run bench -- against PATH`, where PATH is another checkout with its dependencies installed, and
// `npm run bench -- against PATH queue` for what another benchmark measures of Cortado.
import { join, resolve } from 'node:path';
import { mean, pairedRatio } from './against/paired-ratio.ts';
import { partOf, printedFigures } from './against/printed-figures.ts';
import { benchOptions } from './harness/options.ts';
import { inTurn } from './harness/rounds.ts';
import { figure, markdownTable } from './harness/table.ts';
import { type Timed, timedRounds } from './harness/timed-rounds.ts';
import { timed } from './http/application.ts';
import { checkAnswers } from './http/check.ts';
import type { Contender } from './http/contenders.ts';

/** Runs the benchmark. The earlier build runs twice, which tells how far two runs of the same code lie apart. */
export async function run(args: readonly string[]): Promise<void> {
  const [path, ...rest] = args;
  if (path === undefined || path.startsWith('-'))
    throw new Error('Say against which checkout: npm run bench -- against PATH.');
  const [benchmark, ...others] = rest;
  if (benchmark !== undefined && !benchmark.startsWith('-')) return runPrinted(resolve(path), benchmark, others);
  const options = benchOptions(rest, { rounds: 15, seconds: 1 });
  const contenders = [contender('before', resolve(path)), contender('again', resolve(path)), contender('now', here)];
  for (const scenario of ['get', 'post'] as const) {
    if (!(options.scenarios?.includes(scenario) ?? true)) continue;
    const request = timed[scenario];
    const found = await timedRounds({ ...options, name: scenario, contenders, request, check: checkAnswers });
    const rows = contenders.map(({ name }) => {
      const samples = found.get(name)!;
      const base = found.get('before')!;
      return [
        name,
        figure(mean(samples.map(rate))),
        pairedRatio(base.map(rate), samples.map(rate)),
        figure(mean(samples.map(cpu)), 1),
        pairedRatio(samples.map(cpu), base.map(cpu)),
      ];
    });
    const columns = ['build', 'requests/s', '× before, 95 %', 'CPU, µs', 'by CPU, 95 %'];
    console.log(
      `\n${scenario}, ${options.rounds} rounds of ${options.seconds} s\n\n${markdownTable({ columns, rows })}`,
    );
  }
}

const rate = ({ perSecond }: Timed): number => perSecond;
const cpu = ({ cpuMicros }: Timed): number => cpuMicros;
const here = join(import.meta.dirname, '..');

// Each build runs its own copy of the benchmark, one round at a time.
async function runPrinted(earlier: string, benchmark: string, args: readonly string[]): Promise<void> {
  const { rounds, rest } = partOf(args);
  const folders: Readonly<Record<string, string>> = { before: earlier, again: earlier, now: here };
  const found = await inTurn(Object.keys(folders), rounds, async (name, round) => {
    console.error(`${benchmark}, round ${round + 1} of ${rounds}: ${name}`);
    return printedFigures(folders[name]!, benchmark, rest);
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
