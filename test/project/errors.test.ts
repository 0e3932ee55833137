import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { errorDocs } from '../../scripts/write-error-docs.ts';
import { errorCodes } from '../../src/base/error-codes.ts';
import { readSources, root } from './sources.ts';

test('docs/reference/errors.md lists every code and no other', () => {
  assert.equal(readFileSync(join(root, 'docs/reference/errors.md'), 'utf8'), errorDocs());
});

test('every code is used', () => {
  const text = readSources()
    .filter(({ path }) => path !== 'base/error-codes.ts')
    .map((source) => source.text)
    .join('\n');
  assert.deepEqual(
    Object.keys(errorCodes).filter((code) => !text.includes(`'${code}'`)),
    [],
  );
});
