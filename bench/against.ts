// This build beside an earlier one, in turn: `npm run bench -- against PATH`, where PATH is another checkout with its dependencies installed, and
// `npm run bench -- against PATH queue` for what another benchmark measures of Cortado.
import { join, resolve } from 'node:path';
import { mean, pairedRatio } from './against/paired-ratio.ts';
import { partOf, printedFigures } from './against/printed-figures.ts';
import { load } from './harness/load.ts';
import { type BenchOptions, benchOptions } from './harness/options.ts';
import { inTurn } from './harness/rounds.ts';
import { ServerProcess } from './harness/server-process.ts';
import { figure, markdownTable } from './harness/table.ts';
import { timed } from './http/application.ts';
import { checkAnswers } from './http/check.ts';
import type { Contender } from './http/contenders.ts';

interface Sample {
  readonly perSecond: number;
  readonly cpuMicros: number;
}

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
    const found = await measure(scenario, contenders, options);
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

const rate = ({ perSecond }: Sample): number => perSecond;
const cpu = ({ cpuMicros }: Sample): number => cpuMicros;
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

async function measure(
  scenario: keyof typeof timed,
  contenders: readonly Contender[],
  { rounds, seconds }: BenchOptions,
): Promise<ReadonlyMap<string, readonly Sample[]>> {
  let running = new AsyncDisposableStack();
  const servers = new Map<string, ServerProcess>();
  // Two processes of one server differ by some hundredths for as long as they run, so all start afresh every few rounds.
  const startAfresh = async (round: number): Promise<void> => {
    if (round % 3 !== 0) return;
    await running.disposeAsync();
    running = new AsyncDisposableStack();
    for (const one of contenders) {
      const server = running.use(await ServerProcess.start(one.server));
      await checkAnswers(one, server.url);
      await load(server.url, timed[scenario], { seconds: 3 });
      servers.set(one.name, server);
    }
  };
  try {
    return await inTurn(
      contenders.map(({ name }) => name),
      rounds,
      async (name): Promise<Sample> => {
        const server = servers.get(name)!;
        const before = server.cpuSeconds() ?? 0;
        const { perSecond, failed, requests } = await load(server.url, timed[scenario], { seconds });
        if (failed > 0) throw new Error(`${name}: ${failed} of ${requests} requests failed`);
        const cpuMicros = (((server.cpuSeconds() ?? 0) - before) / requests) * 1e6;
        console.error(`${scenario.padEnd(6)} ${name.padEnd(8)} ${figure(perSecond)}/s`);
        return { perSecond, cpuMicros };
      },
      startAfresh,
    );
  } finally {
    await running.disposeAsync();
  }
}
