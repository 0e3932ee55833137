// Cortado beside its peers: a validated GET, a validated POST, and ten thousand requests that wait.
import { type BenchOptions, benchOptions, isWhole } from './harness/options.ts';
import { installPeers } from './harness/peers.ts';
import { writeReport } from './harness/report.ts';
import { roundsPerStart } from './harness/timed-rounds.ts';
import type { Contender } from './http/contenders.ts';
import { type Part, timedPart, waitsPart } from './http/parts.ts';

const titles = {
  get: 'GET: path and query validated, JSON filtered by a response schema',
  post: 'POST: JSON body validated',
  waits: '10,000 requests at once that wait for one second',
} as const;

type Scenario = keyof typeof titles;

/** Runs the benchmark. */
export async function run(args: readonly string[]): Promise<void> {
  const options = benchOptions(args, { rounds: 15, seconds: 1 });
  installPeers();
  // The list asks for the peers' versions, so it can only be made once they are installed.
  const { contenders } = await import('./http/contenders.ts');
  const chosen = choose(contenders(), options);
  const parts = new Map<Scenario, Part>();
  for (const scenario of Object.keys(titles) as Scenario[]) {
    if (!(options.scenarios?.includes(scenario) ?? true)) continue;
    const part = scenario === 'waits' ? await waitsPart(chosen, options) : await timedPart(scenario, chosen, options);
    console.log(`\n${titles[scenario]}\n\n${part.table}`);
    parts.set(scenario, part);
  }
  if (isWhole(options)) console.log(`\nWritten to ${write(parts, options)}`);
}

// The base is always measured: without it there is no ratio.
function choose(all: readonly Contender[], { only }: BenchOptions): readonly Contender[] {
  const unknown = only?.find((name) => !all.some((contender) => contender.name === name));
  if (unknown !== undefined)
    throw new Error(`no contender "${unknown}"; there is ${all.map(({ name }) => name).join(', ')}`);
  return all.filter(({ name }, at) => at === 0 || (only?.includes(name) ?? true));
}

function write(parts: ReadonlyMap<Scenario, Part>, { rounds, seconds }: BenchOptions): string {
  const body = [...parts].map(
    ([scenario, { table, note }]) =>
      `## ${titles[scenario]}\n\n![${titles[scenario]}](http-${scenario}.svg)\n\n${table}\n\n${note}`,
  );
  const charts = Object.fromEntries([...parts].map(([scenario, { chart }]) => [scenario, chart(titles[scenario])]));
  return writeReport({
    name: 'http',
    title: 'HTTP',
    body: [introduction(rounds, seconds), ...body].join('\n\n'),
    charts,
  });
}

function introduction(rounds: number, seconds: number): string {
  return [
    'Each server runs in a process of its own on one core, the load on the other. Its answers are checked first: the right body for valid',
    'requests, 4xx for invalid ones. Then all run side by side and are loaded in turn, one at a time:',
    `${rounds} short rounds of ${seconds} s after a warm-up, so that both sides of a ratio are taken within seconds of each other. After every`,
    `${roundsPerStart} rounds all start afresh, for two processes of one server differ by some hundredths. Figures are medians; a ratio is the median of`,
    'the rounds\' ratios. The many waits take a fresh process each time. "CPU" is the processor time that the server used per request,',
    'which a busy machine disturbs less than it disturbs the rate.',
    'Bare node:http takes path, query and body apart by hand and validates nothing; all others refuse invalid requests. Where the rest',
    'goes is in [the notes](http-notes.md).',
  ].join('\n');
}
