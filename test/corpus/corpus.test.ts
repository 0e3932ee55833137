import assert from 'node:assert/strict';
import { test } from 'node:test';
import { corpus, frameCorpus } from './corpus.ts';

test('a seed gives the same inputs each time, another one others', () => {
  const keys = (seed: number): string[] => [...corpus(seed), ...frameCorpus(seed)].map(({ key }) => key);
  assert.deepEqual(keys(7), keys(7));
  assert.notDeepEqual(keys(7), keys(8));
});
