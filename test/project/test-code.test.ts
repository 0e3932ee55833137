import assert from 'node:assert/strict';
import { globSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { blankLiterals, closing, readTests } from './read-tests.ts';
import { root } from './sources.ts';

/** Loops that wait for something and have no end of their own: where it never comes, the file hangs and says nothing. */
function endlessWaits(code: string): number[] {
  return [...code.matchAll(/\b(while|for) \(/g)].flatMap(({ index, 0: text, 1: kind }) => {
    const open = index + text.length - 1;
    const close = closing(code, open);
    const head = code.slice(open + 1, close);
    const [first = '', condition = ''] = kind === 'for' ? head.split(';') : ['', head];
    if (/ (?:of|in) /.test(first)) return [];
    const begins = close + 1 + code.slice(close + 1).search(/\S/);
    const ends = code[begins] === '{' ? closing(code, begins) : code.indexOf(';', begins);
    const loop = code.slice(open, ends);
    const [, counter] = /\blet (\w+) = /.exec(first) ?? [];
    const isCounted = kind === 'for' && counter !== undefined && new RegExp(`\\b${counter} [<>]`).test(condition);
    const isTimed = /\bnow\(\)/.test(condition) || loop.includes('AbortSignal.timeout(');
    const isBounded = isCounted || isTimed || /&& [\w.]+ < |[\w.]+ <=? [\w.]+ &&/.test(condition);
    const isWaiting = /\bawait\b/.test(loop) && !/\byield\b/.test(loop);
    return isWaiting && !isBounded ? [code.slice(0, index).split('\n').length] : [];
  });
}

test('no test waits in a loop without a limit: `until` of test/support waits, and fails with the assertion', () => {
  const found = readTests()
    .filter(({ path }) => !path.startsWith('test/support/until'))
    .flatMap(({ path, code }) => endlessWaits(code).map((line) => `${path}:${line}`));
  assert.deepEqual(found, []);
});

for (const [loop, count] of [
  ["while ((await handle.status()) !== 'running') await sleep(5);", 1],
  ['for (;;) {\n  if (isSo(await state())) return;\n}', 1],
  ['for (; ; await sleep(5)) if (done) break;', 1],
  ['while (app.openRequests < 2) await delay(5);', 1],
  ['for (let tries = 0; !done; tries++) await sleep(5);', 1],
  ['for (let tries = 0; tries < 5 && !done; tries++) await sleep(5);', 0],
  ['while (!done && performance.now() < end) await ask();', 0],
  ["while (!heard) await once(socket, 'data', { signal: AbortSignal.timeout(5000) });", 0],
  ['for (;;) {\n  yield 1;\n  await sleep(5);\n}', 0],
  ['for (const one of all) await one;', 0],
  ['for (let next = first; next !== null && found.length < 100; ) next = await page(next);', 0],
  ['for (let next = first; next !== null; ) next = await page(next);', 1],
  ['while (Date.now() < end);', 0],
  ["const code = 'while (true) await sleep(5)';", 0],
] as const)
  test(`a loop ${count === 1 ? 'without' : 'with'} a limit is told apart: ${loop.replaceAll('\n', ' ')}`, () => {
    assert.equal(endlessWaits(blankLiterals(loop)).length, count);
  });

/** What no test does, and what it does instead. */
const rules: readonly (readonly [string, RegExp])[] = [
  [
    'leaves itself out unseen where a server is missing: `skip` of the suite or the test takes the reason',
    /Missing\(\) [!=]==/g,
  ],
  [
    'draws what no seed repeats: `chance` of test/support draws, and prints its seed',
    /\bMath\.random\(|\brandom(?:Bytes|Int)\(/g,
  ],
  ["gives Node's timer a name of its own: `pause` is Node's, `sleep` is Cortado's", /\bsetTimeout as (?!pause\b)/g],
];
for (const [what, pattern] of rules)
  test(`no test ${what}`, () => {
    const found = readTests().flatMap(({ path, code }) =>
      [...code.matchAll(pattern)].map(({ index }) => `${path}:${code.slice(0, index).split('\n').length}`),
    );
    assert.deepEqual(found, []);
  });

// Tests of more than one folder, of the repository, and of what no folder of src/ does.
const apart = ['bench', 'corpus', 'growth', 'journeys', 'project', 'recorded', 'support', 'types'];
// The same suite over every engine.
const suites = ['channels/conformance', 'queue/engines/conformance'];

test('each folder of tests has its twin in src/', () => {
  const folders = new Set(
    globSync('test/**/*.test.ts', { cwd: root }).map((path) => dirname(path).slice('test/'.length)),
  );
  const alone = [...folders].filter(
    (folder) =>
      !apart.includes(folder.split('/')[0]!) &&
      !suites.includes(folder) &&
      statSync(join(root, 'src', folder), { throwIfNoEntry: false }) === undefined,
  );
  assert.deepEqual(alone, []);
});
