import assert from 'node:assert/strict';
import { test } from 'node:test';
import { replaySockets } from './replay-sockets.ts';

test("lets clients of FastAPI's three socket applications see what they see there, but for the listed differences", async (t) => {
  const { asked, agreed, table, unexpected, unused } = await replaySockets();
  t.diagnostic(`${agreed} of ${asked} recorded answers agree\n${table.print()}`);
  assert.equal(unexpected.length, 0, `clients see other things that are not listed:\n${unexpected.join('\n')}`);
  assert.deepEqual(unused, [], 'a listed difference no longer differs');
});
