import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** What the compiler said of a text. */
export interface Compiled {
  /** Its errors by line of the text, each with the lines below it. */
  readonly errors: ReadonlyMap<number, string>;
  /** Milliseconds that the compiler says it took, of which `check` for the types. */
  readonly total: number;
  readonly check: number;
  readonly instantiations: number;
}

/** Type-checks a text as a file of this project, in a folder of its own that Git ignores. */
export function compileTypes(text: string): Compiled {
  const parent = join(root, '.data');
  mkdirSync(parent, { recursive: true });
  const folder = mkdtempSync(join(parent, 'types-'));
  try {
    writeFileSync(join(folder, 'text.ts'), text);
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ extends: '../../tsconfig.json', include: ['*.ts'] }));
    const tsc = join(root, 'node_modules/.bin/tsc');
    const { stdout } = spawnSync(tsc, ['-p', folder, '--extendedDiagnostics', '--pretty', 'false'], {
      encoding: 'utf8',
    });
    return readCompiled(stdout, 'text.ts');
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Reads what a compiler printed about one file. */
export function readCompiled(output: string, file: string): Compiled {
  const errors = new Map<number, string>();
  let line = 0;
  for (const row of output.split('\n')) {
    const start = /^(\S+)\((\d+),\d+\): error TS\d+: (.*)/.exec(row);
    if (start !== null && !start[1]!.endsWith(file)) continue;
    if (start !== null) line = Number(start[2]);
    if (start !== null) errors.set(line, `${errors.get(line) ?? ''}${start[3]}\n`);
    else if (row.startsWith('  ')) errors.set(line, `${errors.get(line) ?? ''}${row}\n`);
  }
  const figure = (name: string): number =>
    Number(new RegExp(`^${name}:\\s+([\\d.]+)`, 'm').exec(output)?.[1] ?? Number.NaN);
  return {
    errors,
    total: figure('Total time') * 1000,
    check: figure('Check time') * 1000,
    instantiations: figure('Instantiations'),
  };
}

/** A program with as many routes as asked, each with its own schemas, dependencies and answer. */
export function manyRoutes(count: number): string {
  const routes = Array.from(
    { length: count },
    (_, n) => `app.post('/things${n}/{thing_id}', {
  params: { thing_id: z.int(), item${n}: z.object({ name: z.string().max(${n + 1}), price: z.number(), tags: z.array(z.string()) }), q: z.string().optional(), user },
  response: z.object({ id: z.int(), owner: z.string() }),
}, async ({ thing_id, item${n}, user }) => ({ id: thing_id + item${n}.tags.length, owner: user.name }));`,
  );
  return `import { z } from 'zod';
import { App, dependency, header } from '../../src/index.ts';
const app = new App();
const session = dependency(async function* () { yield { sql: '' }; });
const user = dependency({ session, token: header(z.string()) }, ({ session, token }) => ({ name: token + session.sql }));
${routes.join('\n')}
`;
}
