import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { celeryTask, chain, chord, send } from '../../../../src/queue/celery/index.ts';
import { Queue } from '../../../../src/queue/index.ts';
import { celeries } from '../../../support/celery-versions.ts';
import { startPython } from '../../../support/celery-worker.ts';
import { type Program, startNode } from '../../../support/program.ts';
import { type RabbitServer, rabbitMissing, startRabbit } from '../../../support/rabbitmq-server.ts';
import { type RedisServer, redisMissing, startRedis } from '../../../support/redis-server.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';
import { until } from '../../../support/until.ts';

const program = fileURLToPath(new URL('crash-worker.ts', import.meta.url));

const skip = redisMissing() ?? rabbitMissing();

describe('engines at a broker, when things go wrong', { skip }, () => {
  let redis: RedisServer;
  let rabbit: RabbitServer;
  let folder: string;
  const urls = (): Record<string, string> => ({
    bullmq: redis.url,
    'celery over Redis': `celery+${redis.url}`,
    'celery over RabbitMQ': `celery+${rabbit.url}?backend=${encodeURIComponent(redis.url)}`,
  });
  before(async () => {
    folder = temporaryFolder('crash');
    [redis, rabbit] = await Promise.all([startRedis(), startRabbit()]);
  });
  after(async () => {
    await redis[Symbol.asyncDispose]();
    await rabbit[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  const work = async (url: string, effects: string, slow?: number): Promise<Program> => {
    const worker = startNode([program, url, effects], {
      env: { SLOW: slow === undefined ? undefined : String(slow) },
    });
    await worker.until(/working/);
    return worker;
  };
  const client = (url: string) => {
    const queue = new Queue({ engine: url });
    const slow = queue.task('slow', { params: { n: z.int() } }, async () => 0);
    return { queue, slow };
  };
  const starts = (effects: string): string[] =>
    readFileSync(effects, 'utf8')
      .split('\n')
      .filter((line) => line.startsWith('start'));

  for (const name of ['bullmq', 'celery over Redis', 'celery over RabbitMQ']) {
    test(`${name}: a task whose worker is killed runs again elsewhere, and its result arrives`, async (context) => {
      const url = urls()[name]!;
      const effects = join(folder, `${name}.kill`);
      writeFileSync(effects, '');
      await using victim = await work(url, effects, 60_000);
      const { queue, slow } = client(url);
      await using _closed = queue;
      const handle = await slow.enqueue({ n: 21 });
      await until('it runs', () => assert.notEqual(starts(effects).length, 0), 40_000);
      await using _second = await work(url, effects, 10);
      const killedAt = Date.now();
      victim.child.kill('SIGKILL');
      assert.equal(await handle.result({ timeout: 30_000 }), 42);
      context.diagnostic(`recovered after ${Date.now() - killedAt} ms, with a lease of 2,000 ms`);
      const record = await handle.record();
      assert.deepEqual([record.attempt, record.crashes], [2, 1]);
    });

    test(`${name}: none of 1,000 tasks is lost when the broker restarts in their midst`, {
      timeout: 120_000,
    }, async (context) => {
      const url = urls()[name]!;
      const effects = join(folder, `${name}.restart`);
      writeFileSync(effects, '');
      await using _worker = await work(url, effects, 5);
      const { queue, slow } = client(url);
      await using _closed = queue;
      const handles = [];
      for (let batch = 0; batch < 10; batch++)
        handles.push(...(await slow.enqueueAll(Array.from({ length: 100 }, (_, at) => ({ n: batch * 100 + at })))));
      await until('a hundred have run', () => assert.ok(starts(effects).length >= 100), 60_000);
      await (name === 'celery over RabbitMQ' ? rabbit : redis).restart();
      const results = await Promise.all(handles.map((handle) => handle.result({ timeout: 60_000 })));
      assert.deepEqual(
        results,
        Array.from({ length: 1000 }, (_, n) => n * 2),
      );
      const runs = starts(effects).length;
      assert.ok(runs >= 1000);
      context.diagnostic(`${runs - 1000} of 1,000 tasks ran twice; each has one result`);
    });
  }

  for (const name of ['celery over Redis', 'celery over RabbitMQ']) {
    test(`${name}: a chain and a chord go on elsewhere when the worker of a link and a part is killed`, async () => {
      const url = urls()[name]!;
      const effects = join(folder, `${name}.canvas`);
      writeFileSync(effects, '');
      await using victim = await work(url, effects, 60_000);
      const { queue } = client(url);
      await using _closed = queue;
      const slow = celeryTask('slow', { on: queue, params: { n: z.int() }, result: z.int() });
      const sum = celeryTask('sum', { on: queue, params: { numbers: z.array(z.int()) }, result: z.int() });
      const links = chain(slow.call({ n: 1 }), slow.rest(), slow.rest());
      const handle = await send(chord([links, slow.call({ n: 10 })], chain(sum.rest(), slow.rest())));
      await until('a link and a part run', () => assert.equal(starts(effects).length, 2));
      await using second = await work(url, effects, 300);
      victim.child.kill('SIGKILL');
      // The first link has run there, and now the second one does.
      await until('the second link runs', () => assert.match(starts(effects).join('\n'), / 2$/m), 30_000);
      await using _third = await work(url, effects, 10);
      second.child.kill('SIGKILL');
      assert.equal(await handle.result({ timeout: 60_000 }), 56);
    });
  }

  for (const name of ['bullmq', 'celery over Redis', 'celery over RabbitMQ']) {
    test(`${name}: a claim whose answer is lost runs again, although its worker lives`, async () => {
      const { queue, slow } = client(urls()[name]!);
      await using _closed = queue;
      const engine = await queue.open();
      await slow.enqueue({ n: 1 });
      const demand = { queues: [{ queue: 'default', limit: 10 }], limit: 10, lease: 300 };
      const lost = await until('the task is there', async () => {
        const claims = await engine.claim({ worker: 'forgetful', ...demand });
        assert.equal(claims.length, 1);
        return claims;
      });
      const again = await until('another worker gets it', async () => {
        assert.deepEqual(await engine.heartbeat('forgetful', [], 300), []);
        await engine.maintain({ maxCrashes: 3 });
        const claims = await engine.claim({ worker: 'other', ...demand, lease: 30_000 });
        assert.notEqual(claims.length, 0);
        return claims;
      });
      assert.deepEqual(
        again.map(({ id }) => id),
        lost.map(({ id }) => id),
      );
      await engine.finish(
        again.map((claim) => ({ claim: claim as never, outcome: { kind: 'succeeded', result: '1' } })),
      );
    });
  }

  for (const celery of celeries('5.6'))
    test('a Python producer gets its result although the TypeScript worker was killed', {
      skip: celery.skip,
    }, async () => {
      const url = urls()['celery over Redis']!;
      const effects = join(folder, 'python.kill');
      writeFileSync(effects, '');
      await using victim = await work(url, effects, 60_000);
      await using python = startPython({ celery, broker: redis.url, backend: redis.url });
      const waiting = python.run<{ value: number }>("answer = outcome(call('slow', 4).delay(), 40)");
      await until('it runs', () => assert.notEqual(starts(effects).length, 0), 40_000);
      await using _second = await work(url, effects, 10);
      victim.child.kill('SIGKILL');
      assert.deepEqual(await waiting, { value: 8 });
    });

  test('enqueue fails within seconds while Redis is away, with a code, and works again after', async () => {
    for (const name of ['bullmq', 'celery over Redis']) {
      const { queue, slow } = client(urls()[name]!);
      await using _closed = queue;
      await slow.enqueue({ n: 1 });
      await redis.stop();
      const began = Date.now();
      await assert.rejects(slow.enqueue({ n: 2 }), { code: 'CORTADO_QUEUE_UNREACHABLE', status: 503 });
      assert.ok(Date.now() - began < 10_000);
      await redis.start();
      assert.ok((await slow.enqueue({ n: 3 })).created);
    }
  });
});
