import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { Queue } from '../../../../src/queue/index.ts';
import { redisMissing, startRedis } from '../../../support/redis-server.ts';
import { until } from '../../../support/until.ts';

const skip = redisMissing() ?? false;

// As long as a job is held that came along with the end of another: one that is held in vain would be handed back as the next is taken.
const long = 1000;

for (const [title, priorities, order] of [
  ['one priority above 0', [5, 5, 5, 5, 5, 5], [0, 1, 2, 3, 4, 5]],
  ['no priority', [0, 0, 0, 0, 0], [0, 1, 2, 3, 4]],
  ['several priorities', [0, 0, 0, 5, 5, 1], [0, 3, 4, 5, 1, 2]],
] as const)
  test(`a worker that runs one task at a time runs those of ${title} in their order`, { skip }, async () => {
    await using redis = await startRedis();
    const ran: number[] = [];
    const params = { n: z.int() };
    await using worker = new Queue({ engine: redis.url });
    worker.task('brew', { params }, async ({ n }) => {
      ran.push(n);
      await pause(long);
    });
    // As another process would, with connections of its own.
    await using sender = new Queue({ engine: redis.url });
    const brew = sender.task('brew', { params }, () => {});
    const handles = [await brew.enqueue({ n: 0 }, { priority: priorities[0] })];
    await worker.work({ concurrency: 1 });
    await until('the first runs', () => assert.notEqual(ran.length, 0));
    for (const [n, priority] of priorities.entries()) if (n > 0) handles.push(await brew.enqueue({ n }, { priority }));
    for (const handle of handles) await handle.result({ timeout: 30_000 });
    assert.deepEqual(ran, order);
  });
