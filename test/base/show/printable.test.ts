import assert from 'node:assert/strict';
import { test } from 'node:test';
import { printable } from '../../../src/base/show/printable.ts';
import { table } from '../../../src/cli/terminal/table.ts';
import { startNode } from '../../support/program.ts';

const rows: readonly [string, string, string][] = [
  ['colours and cursors', 'a\u001b[31mred\u001b[2J', 'a\\u001b[31mred\\u001b[2J'],
  ['a title', '\u001b]0;title\u0007', '\\u001b]0;title\\u0007'],
  ['a carriage return, which writes over what stood there', 'bad\rgood', 'bad\\u000dgood'],
  ['the other range of controls', '\u009b31m', '\\u009b31m'],
  ['turned writing', '\u202egpj.exe', '\\u202egpj.exe'],
  ['lines, tabs and letters of all kinds', 'a\n\tpāññā 任務 🔑', 'a\n\tpāññā 任務 🔑'],
];
for (const [what, text, shown] of rows)
  test(`a terminal gets ${what} as text`, () => assert.equal(printable(text), shown));

test('a cell of a table is one line', () => {
  assert.equal(table(['A', 'B'], [['1\n2\u001b[31m', 'x']]), 'A              B\n1 2\\u001b[31m  x\n');
});

test('messages and stacks of readable logs are text', async () => {
  const script = `
    const { App } = await import('cortado');
    const app = new App();
    app.log.error({ err: new Error('bad\u001b[2J') }, 'message\u001b]0;title\u0007');
  `;
  await using program = startNode(['--input-type=module', '--eval', script], { env: { CORTADO_LOG: 'pretty' } });
  await program.ended;
  const output = program.output();
  assert.match(output, /message\\u001b\]0;title\\u0007/);
  assert.match(output, /bad\\u001b\[2J/);
  assert.ok(!output.includes('\u001b[2J') && !output.includes('\u0007'), JSON.stringify(output));
});
