import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { agreementPage } from './agreement-page.ts';
import type { Replay } from './replay.ts';
import { replayCases } from './replay-cases.ts';
import { replayCoercion } from './replay-coercion.ts';
import { replaySockets } from './replay-sockets.ts';
import { replayValues } from './replay-values.ts';

const cases = await replayCases();
const coercion = await replayCoercion();
const values = await replayValues();
const sockets = await replaySockets();

const replays: readonly [string, Replay<unknown>, least: number][] = [
  ["answers the applications of FastAPI's documentation as FastAPI does", cases, 0.95],
  ['takes inputs of every kind as FastAPI does', coercion, 0.95],
  ['takes and answers values that JSON has no type for as FastAPI does', values, 0.99],
];
for (const [name, replay, least] of replays) {
  test(`${name}, but for the listed differences`, (t) => {
    t.diagnostic(
      `${replay.agreed} of ${replay.asked} recorded answers agree in status, type and loc\n${replay.table.print()}`,
    );
    assert.equal(replay.unexpected.length, 0, `answers differ and are not listed:\n${replay.unexpected.join('\n')}`);
    assert.deepEqual(replay.unused, [], 'a listed difference no longer differs');
    assert.ok(replay.agreed / replay.asked >= least, `only ${replay.agreed} of ${replay.asked} agree`);
  });
}

test('the page of agreement says what was found', () => {
  const page = readFileSync(new URL('../../docs/reference/fastapi-agreement.md', import.meta.url), 'utf8');
  assert.equal(page, agreementPage(cases, coercion, values, sockets), 'run: node scripts/write-agreement.ts');
});
