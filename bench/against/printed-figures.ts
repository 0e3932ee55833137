import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { run } from '../harness/run.ts';

/** A figure that a benchmark printed: what it is of, and the rate; a time per task or request is turned over, so that more is better. */
export type Figures = ReadonlyMap<string, number>;

const ours = /cortado/i;

/** Runs one round of a benchmark in a checkout, by that checkout's own code, and reads the tables that it prints: the rows of Cortado. */
export async function printedFigures(folder: string, benchmark: string, args: readonly string[]): Promise<Figures> {
  const program = process.execPath;
  const command = [join(folder, 'bench/main.ts'), benchmark, '--rounds', '1', ...args];
  const printed = await run({ program, args: command });
  const found = new Map<string, number>();
  let title = '';
  let columns: readonly string[] = [];
  for (const line of printed.split('\n')) {
    if (!line.startsWith('|')) {
      if (line.trim() !== '') title = line.trim();
      columns = [];
      continue;
    }
    const [label, ...cells] = line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim());
    if (columns.length === 0) columns = cells;
    else if (ours.test(label!))
      for (const [at, column] of columns.entries()) {
        const value = Number(cells[at]!.replaceAll(',', ''));
        const isTime = column.startsWith('CPU');
        if ((!isTime && !column.endsWith('/s')) || !(value > 0)) continue;
        found.set([title, label, column].filter((part) => part !== '').join(' · '), isTime ? 1 / value : value);
      }
  }
  if (found.size === 0) throw new Error(`${benchmark} in ${folder} printed no figures of Cortado:\n${printed}`);
  return found;
}

/** How many rounds, and what one round of another benchmark is told: always a part of it, so that it writes nothing down. */
export function partOf(args: readonly string[]): { rounds: number; rest: readonly string[] } {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rounds: { type: 'string', default: '9' },
      only: { type: 'string', default: 'cortado,sqlite,memory,postgres,cortado-bullmq,cortado-celery' },
      scenario: { type: 'string' },
      seconds: { type: 'string' },
    },
  });
  const { rounds, ...rest } = values;
  if (!(Number(rounds) >= 2)) throw new Error(`--rounds must be a whole number from 2, not "${rounds}"`);
  return { rounds: Number(rounds), rest: Object.entries(rest).flatMap(([name, value]) => [`--${name}`, value]) };
}
