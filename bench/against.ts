// This build beside an earlier one, in turn: `npm run bench -- against PATH`, where PATH is another checkout with its dependencies installed.
import { join, resolve } from 'node:path';
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

/** Student's t for 95 % on both sides, by degrees of freedom; what is between takes the smaller one. */
const quantiles: readonly (readonly [number, number])[] = [
  [1, 12.71],
  [2, 4.3],
  [4, 2.78],
  [8, 2.31],
  [14, 2.15],
  [20, 2.09],
  [30, 2.04],
];

/** Runs the benchmark. The earlier build runs twice, which tells how far two runs of the same code lie apart. */
export async function run(args: readonly string[]): Promise<void> {
  const [path, ...rest] = args;
  if (path === undefined || path.startsWith('-'))
    throw new Error('Say against which checkout: npm run bench -- against PATH.');
  const options = benchOptions(rest, { rounds: 15, seconds: 1 });
  const contenders = [
    contender('before', resolve(path)),
    contender('again', resolve(path)),
    contender('now', join(import.meta.dirname, '..')),
  ];
  for (const scenario of ['get', 'post'] as const) {
    if (!(options.scenarios?.includes(scenario) ?? true)) continue;
    const found = await measure(scenario, contenders, options);
    const rows = contenders.map(({ name }) => {
      const samples = found.get(name)!;
      const base = found.get('before')!;
      return [
        name,
        figure(mean(samples.map(({ perSecond }) => perSecond))),
        interval(samples.map(({ perSecond }, round) => perSecond / base[round]!.perSecond)),
        figure(mean(samples.map(({ cpuMicros }) => cpuMicros)), 1),
        interval(samples.map(({ cpuMicros }, round) => base[round]!.cpuMicros / cpuMicros)),
      ];
    });
    const columns = ['build', 'requests/s', '× before, 95 %', 'CPU, µs', 'by CPU, 95 %'];
    console.log(
      `\n${scenario}, ${options.rounds} rounds of ${options.seconds} s\n\n${markdownTable({ columns, rows })}`,
    );
  }
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

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** `1.01 (0.99 to 1.03)`: the geometric mean of paired ratios and its 95 % interval. */
function interval(ratios: readonly number[]): string {
  const logs = ratios.map(Math.log);
  const middle = mean(logs);
  if (logs.length < 2) return figure(Math.exp(middle), 3);
  const deviation = Math.sqrt(logs.reduce((sum, value) => sum + (value - middle) ** 2, 0) / (logs.length - 1));
  const t = quantiles.findLast(([degrees]) => degrees <= logs.length - 1)![1];
  const half = (t * deviation) / Math.sqrt(logs.length);
  return `${figure(Math.exp(middle), 3)} (${figure(Math.exp(middle - half), 3)} to ${figure(Math.exp(middle + half), 3)})`;
}
