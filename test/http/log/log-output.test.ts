import assert from 'node:assert/strict';
import fs, { closeSync, openSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { LogOutput } from '../../../src/http/log/log-output.ts';
import { startNode } from '../../support/program.ts';

const file = fileURLToPath(new URL('../../../src/http/log/log-output.ts', import.meta.url));

test('a full disk costs the lines, not the process', { skip: process.platform !== 'linux' }, async (context) => {
  const { mock } = context.mock.method(fs, 'writeSync');
  syncBuiltinESMExports();
  const disk = openSync('/dev/full', 'w');
  const output = new LogOutput(disk);
  for (let count = 0; count < 100; count++) output.write('a line\n');
  output.flushSync();
  await new Promise((resolve) => setTimeout(resolve, 50));
  output.writeSync('another\n');
  closeSync(disk);
  const { calls } = mock;
  mock.restore();
  syncBuiltinESMExports();
  // What could not be written is not tried again, and what comes later is.
  assert.equal(calls.at(-1)!.arguments[1]!.toString(), 'another\n');
  assert.ok(calls.every(({ error }) => (error as NodeJS.ErrnoException).code === 'ENOSPC'));
});

test('writes all lines in order, however many, also where the process ends at once', async () => {
  const code = `import { standardOutput } from ${JSON.stringify(file)};
const output = standardOutput();
for (let n = 0; n < 20_000; n++) output.write(n + ' é '.padEnd(40, 'x') + '\\n');
process.exit();`;
  await using program = startNode(['--input-type=module', '-e', code]);
  await program.ended;
  await new Promise((resolve) => setTimeout(resolve, 50));
  const lines = program.output().trimEnd().split('\n');
  assert.equal(lines.length, 20_000);
  assert.ok(lines.every((line, index) => line.startsWith(`${index} é `)));
});

test('a reader that has left costs the lines, not the process', async () => {
  const code = `import { standardOutput } from ${JSON.stringify(file)};
process.stdin.on('data', () => {
  for (let n = 0; n < 100; n++) standardOutput().write('line\\n');
  setTimeout(() => process.exit(7), 50);
});
standardOutput().write('ready\\n');`;
  await using program = startNode(['--input-type=module', '-e', code], { stdin: 'pipe' });
  await program.until(/ready/);
  program.child.stdout!.destroy();
  program.child.stdin!.write('go');
  assert.equal(await program.ended, 7);
});

test('a reader that does not keep up holds nobody up', async () => {
  const code = `import { standardOutput } from ${JSON.stringify(file)};
process.stdin.on('data', () => {
  const before = performance.now();
  for (let n = 0; n < 5000; n++) standardOutput().write('x'.repeat(4000) + '\\n');
  setTimeout(() => { console.error('took', Math.round(performance.now() - before)); process.exit(); }, 50);
});
standardOutput().write('ready\\n');`;
  await using program = startNode(['--input-type=module', '-e', code], { stdin: 'pipe' });
  await program.until(/ready/);
  program.child.stdout!.pause();
  program.child.stdin!.write('go');
  const [, ms] = await program.until(/took (\d+)/);
  assert.ok(Number(ms) < 2000, `${ms} ms`);
});
