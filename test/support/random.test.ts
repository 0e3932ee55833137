import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { startNode } from './program.ts';
import { temporaryFolder } from './temporary-folder.ts';

test('a test that fails prints its seed, which makes it draw the same again; one that passes prints none', async () => {
  const folder = temporaryFolder('seeds');
  const file = join(folder, 'drawing.test.ts');
  writeFileSync(
    file,
    `import { test } from 'node:test';
import { chance } from '${new URL('./random.ts', import.meta.url).href}';
test('fails', (context) => { throw new Error('drew ' + chance(context).next()); });
test('passes', (context) => void chance(context, 42).next());`,
  );
  const run = async (seed?: string): Promise<string> => {
    await using program = startNode(['--test-reporter=spec', file], {
      env: { NODE_TEST_CONTEXT: undefined, CORTADO_TEST_SEED: seed },
    });
    await program.ended;
    return program.output();
  };
  const first = await run();
  const [, seed] = /CORTADO_TEST_SEED=(\d+) makes/.exec(first)!;
  assert.doesNotMatch(first, /=42 makes/);
  const drawn = (output: string): string => /drew [\d.]+/.exec(output)![0];
  assert.equal(drawn(await run(seed)), drawn(first));
  assert.notEqual(drawn(await run('7')), drawn(first));
  rmSync(folder, { recursive: true });
});
