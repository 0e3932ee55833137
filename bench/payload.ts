// Payloads of the size that people send: an order of fifty lines that is validated, a hundred rows that are filtered, and the order with one
// mistake. `--before PATH` measures an earlier checkout beside the others.
import { pairedRatio } from './against/paired-ratio.ts';
import { withoutBefore } from './harness/before.ts';
import { barChart } from './harness/chart.ts';
import { type BenchOptions, benchOptions, isWhole } from './harness/options.ts';
import { installPeers } from './harness/peers.ts';
import { writeReport } from './harness/report.ts';
import { median, type Rounds, ratioTo } from './harness/rounds.ts';
import { figure, markdownTable } from './harness/table.ts';
import { type Timed, timedRounds } from './harness/timed-rounds.ts';
import { timed } from './payload/application.ts';
import { checkAnswers } from './payload/check.ts';
import type { Contender } from './payload/contenders.ts';

const titles = {
  order: 'POST: an order of 50 lines with 8 fields each (9 KB of JSON)',
  rows: 'GET: 100 rows of 8 fields, filtered by a response schema',
  wrong: 'POST: the same order with one mistake, in line 37',
} as const;

type Scenario = keyof typeof titles;

/** Runs the benchmark. */
export async function run(args: readonly string[]): Promise<void> {
  const { before, rest } = withoutBefore(args);
  const options = benchOptions(rest, { rounds: 9, seconds: 2 });
  installPeers();
  // The list asks for the peers' versions, so it can only be made once they are installed.
  const { contenders } = await import('./payload/contenders.ts');
  const chosen = contenders(before).filter(({ name }, at) => at === 0 || (options.only?.includes(name) ?? true));
  const sections: string[] = [];
  const charts: Record<string, string> = {};
  const most = new Map<Scenario, number>();
  for (const scenario of Object.keys(titles) as Scenario[]) {
    if (!(options.scenarios?.includes(scenario) ?? true)) continue;
    const title = titles[scenario];
    const some = scenario === 'wrong' ? chosen.filter(({ validates }) => validates) : chosen;
    const found = await timedRounds({
      ...options,
      name: scenario,
      contenders: some,
      request: timed[scenario],
      check: checkAnswers,
    });
    most.set(scenario, median(found.get(some[0]!.name)!.map(({ perSecond }) => perSecond)));
    const table = tableOf(some, found);
    console.log(`\n${title}\n\n${table}`);
    sections.push(`## ${title}\n\n![${title}](payload-${scenario}.svg)\n\n${table}`);
    charts[scenario] = chartOf(title, some, found);
  }
  if (options.scenarios === undefined || options.scenarios.includes('open'))
    sections.push(...(await openRates(chosen, most)));
  if (options.scenarios === undefined || options.scenarios.includes('upload')) {
    const { uploadsTable } = await import('./payload/uploads.ts');
    const table = await uploadsTable();
    console.log(`\nUploads\n\n${table}`);
    sections.push(`## Uploads\n\n${table}`);
  }
  if (isWhole(options))
    console.log(
      `\nWritten to ${writeReport({ name: 'payload', title: 'Payloads', body: [introduction(options), ...sections].join('\n\n'), charts })}`,
    );
}

// At half of what the bare server takes at most.
async function openRates(chosen: readonly Contender[], most: ReadonlyMap<Scenario, number>): Promise<string[]> {
  const { openRate } = await import('./payload/open-rate.ts');
  const names = ['bare', 'cortado', 'fastify-ajv', 'fastify-zod'];
  const some = chosen.filter(({ name }) => names.includes(name));
  const sections: string[] = [];
  for (const scenario of ['order', 'rows'] as const) {
    const perSecond = Math.round((most.get(scenario) ?? 0) / 2);
    if (perSecond === 0) continue;
    const title = `${scenario === 'order' ? 'The order' : 'The rows'} at ${figure(perSecond)} requests a second, whether a server keeps up or not`;
    const table = await openRate(some, timed[scenario], perSecond);
    console.log(`\n${title}\n\n${table}`);
    sections.push(`## ${title}\n\n${table}`);
  }
  return sections;
}

function tableOf(some: readonly Contender[], found: Rounds<Timed>): string {
  const rates = ({ name }: { readonly name: string }): number[] => found.get(name)!.map(({ perSecond }) => perSecond);
  const base = some[0]!;
  const cortado = found.get('cortado');
  return markdownTable({
    columns: ['server', 'requests/s', `× ${base.name}`, 'Cortado × it, 95 %', 'p99, ms', 'CPU, µs'],
    rows: some.map((one) => [
      one.label,
      figure(median(rates(one))),
      figure(ratioTo(rates(base), rates(one)), 2),
      cortado === undefined || one.name === 'cortado' ? '' : pairedRatio(rates(one), rates({ name: 'cortado' })),
      figure(median(found.get(one.name)!.map(({ p99 }) => p99)), 2),
      figure(median(found.get(one.name)!.map(({ cpuMicros }) => cpuMicros)), 1),
    ]),
  });
}

function chartOf(title: string, some: readonly Contender[], found: Rounds<Timed>): string {
  const bars = some.map(({ name, label }) => {
    const value = median(found.get(name)!.map(({ perSecond }) => perSecond));
    return { label, value, text: figure(value), accent: name === 'cortado' };
  });
  return barChart(title, [{ title: 'requests per second (more is better)', bars }]);
}

function introduction({ rounds, seconds }: BenchOptions): string {
  return [
    'Each server runs in a process of its own on one core, the load on the other; 64 connections, one request at a time on each. Answers are',
    'checked first, those of Node’s servers byte by byte; what is wrong has to be refused by all that validate. All run side by side and are',
    `loaded in turn, ${rounds} rounds of ${seconds} seconds, started afresh every third; figures are medians, "Cortado × it" is the geometric mean of the`,
    'rounds’ ratios. Bare node:http validates nothing, and picks the fields of a row by a literal. Fastify with Zod has `zod/compile` imported;',
    'Cortado compiles by itself. Elysia, Hono and h3 have Zod as their documentation shows it.',
  ].join('\n');
}
