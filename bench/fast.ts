// What each fast path is worth: the processor time of a request, or of a start, without it, as a ratio to that with all of them.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { benchOptions } from './harness/options.ts';
import { inTurn, median, ratioTo, spreadOfRatio } from './harness/rounds.ts';
import { figure, markdownTable } from './harness/table.ts';

const ofRequests = ['known heads', 'taken bodies', 'late loggers', 'past Fastify'];
const scenarios = {
  get: { program: ['server.ts', 'get'], without: [...ofRequests, ofRequests.join()], unit: 'µs' },
  post: { program: ['server.ts', 'post'], without: [...ofRequests, ofRequests.join()], unit: 'µs' },
  start: { program: ['start.ts'], without: ['late compilers'], unit: 'ms' },
} as const;

/** Runs the benchmark: in each round one process of each variant. */
export async function run(args: readonly string[]): Promise<void> {
  const { rounds, scenarios: wanted } = benchOptions(args, { rounds: 9, seconds: 1 });
  const rows: string[][] = [];
  for (const [name, { program, without, unit }] of Object.entries(scenarios)) {
    if (!(wanted?.includes(name) ?? true)) continue;
    const found = await inTurn(['', ...without], rounds, async (variant) => measure(program, variant));
    const base = found.get('')!;
    for (const [variant, values] of found) {
      const ratio = `${figure(ratioTo(base, values), 3)} ± ${figure(spreadOfRatio(base, values), 3)}`;
      rows.push([name, variant || 'nothing', `${figure(median(values), 1)} ${unit}`, ratio]);
    }
  }
  console.log(`\n${markdownTable({ columns: ['scenario', 'without', 'CPU', 'ratio to all, 95 %'], rows })}`);
}

function measure([file, ...args]: readonly string[], without: string): number {
  const path = join(import.meta.dirname, 'fast', file!);
  const env = { ...process.env, NODE_ENV: 'production', WITHOUT: without };
  return Number(execFileSync(process.execPath, [path, ...args], { env, encoding: 'utf8' }));
}
