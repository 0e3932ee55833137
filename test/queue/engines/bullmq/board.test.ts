import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Queue as BullQueue, type Job } from 'bullmq';
import { z } from 'zod';
import { Queue } from '../../../../src/queue/index.ts';
import { type RedisServer, redisMissing, startRedis } from '../../../support/redis-server.ts';
import { until } from '../../../support/until.ts';

// What Bull Board asks of a queue: counts by state, jobs of a state, one job with its logs.
const skip = redisMissing();

describe("BullMQ's dashboards see", { skip }, () => {
  let redis: RedisServer;
  let queue: Queue;
  let board: BullQueue;
  const gate = Promise.withResolvers<void>();
  before(async () => {
    redis = await startRedis();
    queue = new Queue({ engine: redis.url });
    board = new BullQueue('default', { connection: { host: '127.0.0.1', port: redis.port } });
  });
  after(async () => {
    gate.resolve();
    await queue?.close();
    await board?.close();
    await redis?.[Symbol.asyncDispose]();
  });
  const isIn = (state: string, id: string): Promise<void> =>
    until(`the job is ${state}`, async () => assert.equal(await board.getJobState(id), state));

  test('tasks in the state that they are in', async () => {
    const greet = queue.task('greet', { params: { name: z.string() } }, async ({ name }, { progress, log }) => {
      await progress(1, 2);
      log.info({ name }, `greeting ${name}`);
      return { hello: name };
    });
    const fail = queue.task('fail', () => {
      throw new RangeError('too many beans');
    });
    const hold = queue.task('hold', () => gate.promise);

    const waiting = await greet.enqueue({ name: 'Ann' }, { priority: 5 });
    const later = await greet.enqueue({ name: 'Bob' }, { delay: 600_000 });
    assert.deepEqual(await board.getJobCounts('prioritized', 'delayed'), { prioritized: 1, delayed: 1 });
    const [job] = (await board.getJobs(['prioritized'])) as Job[];
    assert.deepEqual([job!.id, job!.name, job!.data], [waiting.id, 'greet', { name: 'Ann' }]);
    assert.ok(Math.abs((await board.getJob(later.id))!.delay - 600_000) < 1000);

    await queue.work({ concurrency: 4 });
    await waiting.result({ timeout: 60_000 });
    await isIn('completed', waiting.id);
    const done = (await board.getJob(waiting.id))!;
    assert.deepEqual(done.returnvalue, { hello: 'Ann' });
    assert.deepEqual(done.progress, { done: 1, total: 2 });
    assert.ok(done.finishedOn! >= done.processedOn! && done.processedOn! >= done.timestamp);
    assert.match((await board.getJobLogs(waiting.id)).logs.join('\n'), /info: greeting.*Ann/);

    const failed = await fail.enqueue();
    await isIn('failed', failed.id);
    const { failedReason, stacktrace } = (await board.getJob(failed.id))!;
    assert.equal(failedReason, 'too many beans');
    assert.match((stacktrace ?? []).join('\n'), /board\.test\.ts/);

    const held = await hold.enqueue();
    await isIn('active', held.id);
    gate.resolve();
    await isIn('completed', held.id);
  });

  test('what Cortado cancels and retries', async () => {
    let runs = 0;
    const flaky = queue.task('flaky', { retries: 1, backoff: { base: 50 } }, () => {
      runs++;
      if (runs < 3) throw new Error('not yet');
      return runs;
    });
    const cancelled = await flaky.enqueue({}, { delay: 600_000 });
    await cancelled.cancel();
    await until('the job is gone', async () => assert.equal(await board.getJob(cancelled.id), undefined));
    const handle = await flaky.enqueue();
    await isIn('failed', handle.id);
    assert.equal(runs, 2);
    await handle.retry();
    await isIn('completed', handle.id);
    assert.equal((await board.getJob(handle.id))!.returnvalue, 3);
  });

  test('jobs that others add, which run as tasks of their name', async () => {
    queue.task('sum', { params: { x: z.int(), y: z.int() } }, ({ x, y }) => x + y);
    const job = await board.add('sum', { x: 1, y: 2 });
    await isIn('completed', job.id!);
    assert.equal((await board.getJob(job.id!))!.returnvalue, 3);
    assert.equal(await queue.handle(job.id!).result({ timeout: 60_000 }), 3);
  });

  test('no failed task that ran again by their own button: only Cortado knows how it ended', async () => {
    let runs = 0;
    const once = queue.task('once', () => {
      runs++;
      throw new Error('no');
    });
    const { id } = await once.enqueue();
    await isIn('failed', id);
    await (await board.getJob(id))!.retry();
    await isIn('failed', id);
    assert.deepEqual([runs, await queue.handle(id).status()], [1, 'failed']);
  });
});
