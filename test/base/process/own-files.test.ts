import assert from 'node:assert/strict';
import { existsSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { build } from 'rolldown';
import { entries, entryFile, isOwnLine, ownFolder } from '../../../src/base/process/own-files.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const source = join(ownFolder, 'base/process/own-files.ts');

test('finds what threads and processes begin with, and tells its own lines of a stack', () => {
  for (const entry of entries) assert.ok(existsSync(entryFile(entry)), entry);
  assert.ok(isOwnLine(`    at build (${source}:1:1)`));
  assert.ok(isOwnLine(`    at ${pathToFileURL(source)}:1:1`));
  assert.equal(isOwnLine(`    at main (${dirname(ownFolder)}/examples/main.ts:1:1)`), false);
});

test('loads where an app has bundled it into a file that no package.json stands above', async () => {
  const folder = realpathSync(temporaryFolder('bundled'));
  for (let above = folder; above !== dirname(above); above = dirname(above))
    assert.equal(existsSync(join(above, 'package.json')), false, above);
  const file = join(folder, 'app.mjs');
  await build({ input: source, platform: 'node', output: { file }, logLevel: 'silent' });
  const bundled = (await import(pathToFileURL(file).href)) as { readonly ownFolder: string };
  assert.equal(typeof bundled.ownFolder, 'string');
});
