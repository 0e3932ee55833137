import assert from 'node:assert/strict';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { runScenario } from '../../scripts/chaos/run-scenario.ts';
import type { Report, Scenario } from '../../scripts/chaos/scenario.ts';
import { scenarios } from '../../scripts/chaos/scenarios.ts';
import { writeTable } from '../../scripts/chaos/table.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const run = (scenario: Partial<Scenario>, seed = 1): Promise<Report> =>
  runScenario({ name: 'cup-falls', promise: 'it holds', run: async () => {}, ...scenario }, { seed, isShort: true });

const accounts: readonly [string, Partial<Scenario>, readonly RegExp[]][] = [
  ['nothing happened', {}, []],
  ['something is lost', { run: async (_, account) => void (account.lost = 2) }, [/^2 acknowledged and lost$/]],
  ['something happened twice', { run: async (_, account) => void (account.twice = 3) }, [/^3 effects twice$/]],
  ['that is no more than was promised', { run: async (_, account) => void (account.twice = 3), atLeastOnce: true }, []],
  ['a promise does not hold', { run: async (_, account) => account.promise(false, 'a cup broke') }, [/^a cup broke$/]],
  ['it fails itself', { run: () => Promise.reject(new Error('no cups')) }, [/^it failed: Error: no cups/]],
  [
    'it takes too long',
    {
      limit: { short: 20, whole: 20 },
      run: async ({ signal }) => {
        await pause(10_000, undefined, { signal });
      },
    },
    [/^it did not end within 0.02 s$/],
  ],
  [
    'it cannot run here',
    { skip: () => 'there are no cups', run: () => Promise.reject(new Error('it ran all the same')) },
    [],
  ],
];

for (const [what, scenario, expected] of accounts)
  test(`a scenario in which ${what}: ${expected.length === 0 ? 'nothing is' : 'that is'} said to be broken`, async () => {
    const { account } = await run(scenario);
    assert.equal(account.broken.length, expected.length, account.broken.join('\n'));
    for (const [at, pattern] of expected.entries()) assert.match(account.broken[at]!, pattern);
  });

test('the same seed gives the same numbers, another one others', async () => {
  const numbers = async (seed: number): Promise<number[]> => {
    const seen: number[] = [];
    await run({ run: async ({ random }) => void seen.push(random.next(), random.between(1, 1000)) }, seed);
    return seen;
  };
  assert.deepEqual(await numbers(7), await numbers(7));
  assert.notDeepEqual(await numbers(7), await numbers(8));
});

test('a page keeps the rows of what did not run, in the order of the scenarios', async () => {
  const folder = temporaryFolder('chaos');
  try {
    const page = join(folder, 'page.md');
    const named = (name: string, writes: number): Promise<Report> =>
      run({ name, run: async (_, account) => void (account.acknowledged = writes) });
    const order = ['a-falls', 'b-falls', 'c-falls'];
    writeTable(page, [await named('c-falls', 1), await named('b-falls', 2)], order);
    writeTable(page, [await named('a-falls', 3), await named('b-falls', 4)], order);
    writeTable(page, [await run({ name: 'c-falls', skip: () => 'no cups' })], order);
    const rows = readFileSync(page, 'utf8').matchAll(/^\| `([^`]+)` \| it holds \| (\d+) \|/gm);
    assert.deepEqual(
      [...rows].map(([, name, writes]) => [name, writes]),
      [
        ['a-falls', '3'],
        ['b-falls', '4'],
        ['c-falls', '1'],
      ],
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('each scenario has a name of its own, in kebab-case', () => {
  const names = scenarios.map(({ name }) => name);
  assert.deepEqual([...new Set(names)], names);
  for (const name of names) assert.match(name, /^[a-z]+(?:-[a-z0-9]+)+$/);
});
