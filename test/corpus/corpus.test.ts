import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { corpus, frameCorpus } from './corpus.ts';

const least = 1200;

test('a seed gives the same inputs each time, another one others', () => {
  const keys = (seed: number): string[] => [...corpus(seed), ...frameCorpus(seed)].map(({ key }) => key);
  assert.deepEqual(keys(7), keys(7));
  assert.notDeepEqual(keys(7), keys(8));
});

test(`at least ${least} inputs are distinct by what is sent`, () => {
  // Those of a megabyte are left out: they take seconds to make.
  const small = [...corpus(1), ...frameCorpus(1)].filter(
    ({ key, name }) => key.length > name.length + 200 || !/MB|many/i.test(name),
  );
  const sent = new Set(small.map(({ bytes }) => createHash('sha1').update(bytes).digest('hex')));
  assert.ok(sent.size >= least, `${sent.size} are distinct`);
});
