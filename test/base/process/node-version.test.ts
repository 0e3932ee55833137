import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { tooOldNode } from '../../../src/base/process/node-version.ts';
import { readDoors } from '../../project/sources.ts';
import { startNode } from '../../support/program.ts';

const says =
  'this is Node 22.9.0, but Cortado needs 24 or newer. For this folder alone: npm install --save-dev node@26';
// As if it were that Node.
const older = `data:text/javascript,Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '22.9.0' } })`;

test('Node 24 and newer, and what is no Node, are not judged', () => {
  for (const versions of [
    { node: '24.0.0' },
    { node: '26.10.0' },
    { node: '22.6.0', bun: '1.3.0' },
    { deno: '2.1.0', node: '20.11.1' },
    {},
  ])
    assert.equal(tooOldNode(versions), undefined);
  assert.equal(tooOldNode({ node: '22.9.0' }), says);
});

for (const [subpath] of readDoors())
  test(`${subpath} says at its import that Node is too old`, async () => {
    const script = `import('${subpath}').catch(({ code, message }) => console.log(code, message))`;
    await using program = startNode(['--import', older, '--input-type=module', '--eval', script], {
      cwd: fileURLToPath(new URL('../../..', import.meta.url)),
    });
    assert.equal(await program.ended, 0);
    assert.equal(program.output(), `CORTADO_NODE_VERSION ${says}\n`);
  });

test('the command says so in one line', async () => {
  const main = fileURLToPath(new URL('../../../src/cli/main.ts', import.meta.url));
  await using program = startNode(['--import', older, main, 'dev']);
  assert.equal(await program.ended, 1);
  assert.equal(program.output(), `cortado: ${says}\n`);
});
