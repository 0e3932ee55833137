import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type GrowthCase, growthOf, longestOf } from '../support/growth.ts';
import { fileCases } from './file-cases.ts';
import { httpCases } from './http-cases.ts';
import { otherCases } from './other-cases.ts';
import { queueCases } from './queue-cases.ts';
import { schemaCases } from './schema-cases.ts';

// Twice the input may take twice the time, and what sorting and larger tables add.
const mostGrowth = 2.5;

// What the loop may be held for, whatever comes.
const mostMilliseconds = 100;

// Milliseconds of the smallest of three sizes; the short form makes do with less.
const least = process.env['CORTADO_LONG'] === '1' ? 20 : 4;

async function measured(one: GrowthCase): Promise<string> {
  if (one.isBounded === true) {
    const longest = await longestOf(one, mostMilliseconds);
    return `${longest <= mostMilliseconds ? 'fine' : 'too long'}: ${longest.toFixed(1)} ms at its largest`;
  }
  let growth = await growthOf(one, mostGrowth, least);
  // What grows with the square does so the more, the larger it is; a pause of the collector among a few milliseconds does not.
  for (let turn = 0; growth.step > mostGrowth && turn < 3; turn++) growth = await growthOf(one, mostGrowth, 20);
  const { size, times, step } = growth;
  const milliseconds = times.map((time) => time.toFixed(1)).join(' → ');
  return `${step <= mostGrowth ? 'fine' : 'too fast'}: ${step.toFixed(2)} times a step (${milliseconds} ms from ${size} on)`;
}

const cases: readonly GrowthCase[] = [...schemaCases, ...httpCases, ...fileCases, ...queueCases, ...otherCases];

for (const growthCase of cases)
  test(`${growthCase.name}: time grows no faster than the input`, async (t) => {
    const found = await measured(growthCase);
    t.diagnostic(found);
    assert.match(found, /^fine/);
  });

test('what grows with the square is found', async () => {
  const square: GrowthCase = {
    name: 'a square',
    most: 16_000,
    rounds: 2,
    make: (size) => () => {
      let found = 0;
      for (let one = 0; one < size; one++) for (let other = 0; other < size; other++) found += one ^ other;
      return found;
    },
  };
  assert.match(await measured(square), /^too fast/);
  assert.match(await measured({ ...square, isBounded: true }), /^too long/);
});

test('a text of "=" before what is no base64 grew with the square by the expression that it was cut with', async () => {
  const cut: GrowthCase = {
    name: 'padding',
    most: 16_000,
    rounds: 2,
    make: (size) => {
      const text = `${'='.repeat(size)}a`;
      return () => text.replace(/=+$/, '');
    },
  };
  assert.match(await measured(cut), /^too fast/);
});
