// Runs one benchmark by its name: `npm run bench -- http --rounds 3`.
import { globSync } from 'node:fs';
import { basename } from 'node:path';

const [name, ...args] = process.argv.slice(2);
const names = globSync('*.ts', { cwd: import.meta.dirname })
  .map((file) => basename(file, '.ts'))
  .filter((file) => file !== 'main')
  .sort();

if (name === undefined || !names.includes(name)) {
  console.error(`Say which benchmark: npm run bench -- NAME. There is ${names.join(', ')}.`);
  process.exitCode = 1;
} else {
  const benchmark = (await import(`./${name}.ts`)) as { run: (args: readonly string[]) => Promise<void> };
  await benchmark.run(args);
}
