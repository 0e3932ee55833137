import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { database } from '../../src/db/index.ts';
import { Queue } from '../../src/queue/index.ts';
import { startPostgres } from '../support/postgres.ts';
import { until } from '../support/until.ts';

test('a worker whose database is away logs a line a second for each thing that fails, and goes on by itself', async () => {
  await using server = await startPostgres();
  await using db = database({ url: await server.newDatabase() });
  const lines: string[] = [];
  const log = { debug() {}, info() {}, warn() {}, error: (_: unknown, line?: string) => void lines.push(line ?? '') };
  await using queue = new Queue({ engine: db, log });
  const brew = queue.task('brew', {}, () => 'done');
  // A heartbeat each tenth of a second.
  await queue.work({ lease: 300 });
  assert.equal(await (await brew.enqueue()).result({ timeout: 60_000 }), 'done');
  await server.halt();
  const began = performance.now();
  await until('heartbeats fail', () => lines.some((line) => line.startsWith('a heartbeat')));
  await pause(2_500);
  const seconds = (performance.now() - began) / 1000;
  for (const [what, told] of Map.groupBy(lines, (line) => line.split(';')[0]!))
    assert.ok(told.length <= seconds + 1, `${told.length} lines of "${what}" in ${seconds} s`);
  assert.match(lines.find((line) => line.startsWith('a heartbeat'))!, /; the next one is due in 100 ms$/);
  await server.start();
  assert.equal(await (await brew.enqueue()).result({ timeout: 60_000 }), 'done');
});
