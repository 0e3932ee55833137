// Runs the test files named as arguments, or all of them.
import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';

const named = process.argv.slice(2);
const files = named.length > 0 ? named : globSync('test/**/*.test.ts').sort();
const { status } = spawnSync(process.execPath, ['--test', '--test-timeout=120000', ...files], {
  stdio: 'inherit',
  env: {
    ...process.env,
    CORTADO_LOG: process.env['CORTADO_LOG'] ?? 'silent',
    // Examples import cortado by name, as their readers will; here that name means the sources.
    NODE_OPTIONS: `${process.env['NODE_OPTIONS'] ?? ''} --conditions=cortado-source`.trim(),
  },
});
process.exitCode = status ?? 1;
