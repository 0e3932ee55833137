// Breaks what an app depends on while clients write, and counts what they were told and what was there in the end.
//   node scripts/chaos.ts [--list] [--only NAME]… [--seed N] [--short] [--write]
// `--only` takes scenarios whose names contain a text, `--write` puts the table into docs/reliability.md. Exits with 1 when a promise is broken.
import { parseArgs } from 'node:util';
import { runScenario } from './chaos/run-scenario.ts';
import type { Report } from './chaos/scenario.ts';
import { scenarios } from './chaos/scenarios.ts';
import { tableOf, writeTable } from './chaos/table.ts';

const { values } = parseArgs({
  options: {
    list: { type: 'boolean', default: false },
    only: { type: 'string', multiple: true, default: [] },
    seed: { type: 'string', default: '1' },
    short: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
  },
});
const seed = Number(values.seed);
if (!Number.isInteger(seed)) throw new Error(`--seed must be a whole number, not ${values.seed}`);
const isWanted = (name: string): boolean => values.only.length === 0 || values.only.some((part) => name.includes(part));
const wanted = scenarios.filter(({ name }) => isWanted(name));
if (wanted.length === 0)
  throw new Error(`--only: nothing has that in its name; there is ${scenarios.map(({ name }) => name).join(', ')}`);

if (values.list) for (const { name, promise } of wanted) console.log(`${name}: ${promise}`);
else await runAll();

async function runAll(): Promise<void> {
  const reports: Report[] = [];
  for (const scenario of wanted) {
    console.error(`${scenario.name}: ${scenario.promise} …`);
    const report = await runScenario(scenario, { seed, isShort: values.short });
    reports.push(report);
    if (report.skipped !== undefined) console.error(`  SKIPPED: ${report.skipped}`);
    for (const what of report.account.broken) console.error(`  BROKEN: ${what}`);
  }
  console.log(tableOf(reports));
  if (values.write)
    writeTable(
      'docs/reliability.md',
      reports,
      scenarios.map(({ name }) => name),
    );
  const broken = reports.filter(({ account }) => account.broken.length > 0);
  if (broken.length > 0) console.error(`Broken: ${broken.map(({ scenario }) => scenario.name).join(', ')}`);
  // What a scenario left open must not keep the whole from ending, nor pass unseen: it is in its account.
  process.exit(broken.length > 0 ? 1 : 0);
}
