import assert from 'node:assert/strict';
import { test } from 'node:test';
import { until } from './until.ts';

test('until returns what the probe answers once it neither throws nor is false', async () => {
  let calls = 0;
  const answer = await until('it has been asked three times', async () => {
    if (++calls === 1) throw new Error('away');
    return calls === 3 && calls;
  });
  assert.deepEqual([answer, calls], [3, 3]);
});

for (const [kind, probe] of [
  ['synchronous', () => assert.equal(1, 2)],
  ['asynchronous', async () => assert.equal(1, 2)],
] as const)
  test(`until fails with the failure of a ${kind} probe: its values, its place, what was waited for, and how long`, async () => {
    const error = await until('the impossible', probe, 30).catch((thrown: unknown) => thrown);
    assert.ok(error instanceof assert.AssertionError);
    assert.deepEqual([error.actual, error.expected], [1, 2]);
    for (const text of [error.message, error.stack!]) {
      assert.match(text, /1 !== 2/);
      assert.match(text, /waited 0\.\d s \(\d+ tries\) until the impossible/);
    }
    assert.match(error.stack!, /until\.test\.ts/);
  });

const failures: readonly (readonly [string, () => unknown, RegExp])[] = [
  ['false', () => false, /^not so: it is[\s\S]*until it is/],
  ['something that is no error', () => Promise.reject('a text'), /^a text\nwaited/],
  [
    'an error whose message cannot be set',
    () => AbortSignal.abort().throwIfAborted(),
    /^This operation was aborted\nwaited/,
  ],
  ['no answer', () => new Promise(() => {}), /^the first try did not end\nwaited/],
];
for (const [what, probe, message] of failures)
  test(`until says what it waited for where the probe gives ${what}`, async () => {
    const error = await until('it is', probe, 30).catch((thrown: unknown) => thrown);
    assert.match((error as Error).message, message);
    assert.match((error as Error).stack!, /until\.test\.ts/);
  });

test('until tells of the last failure where the next try does not end', async () => {
  let calls = 0;
  const waiting = until('it is', () => (++calls === 1 ? assert.equal('one', 'two') : new Promise<void>(() => {})), 30);
  await assert.rejects(waiting, { name: 'AssertionError', actual: 'one', expected: 'two' });
});
