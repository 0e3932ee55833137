import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type Channel, type ChannelModel, connect } from 'amqplib';
import { z } from 'zod';
import { Queue } from '../../../../src/queue/index.ts';
import type { TaskHandle } from '../../../../src/queue/watch/task-handle.ts';
import { connectRedis } from '../../../../src/redis/redis-connection.ts';
import { coded } from '../../../support/coded.ts';
import { type RabbitServer, rabbitMissing, startRabbit } from '../../../support/rabbitmq-server.ts';
import { type RedisServer, redisMissing, startRedis } from '../../../support/redis-server.ts';

interface OddQueue {
  /** Makes a queue `name` that is not as Celery would declare it. */
  readonly make?: (channel: Channel, name: string) => Promise<unknown>;
  /** A name that RabbitMQ keeps for itself, where the queue is odd by that. */
  readonly name?: string;
  /** Whether tasks get through all the same. */
  readonly isUsed: boolean;
  /** Makes the queue as others are. */
  readonly mend?: (channel: Channel, name: string) => Promise<unknown>;
}

const odd: Readonly<Record<string, OddQueue>> = {
  'a quorum queue': {
    make: (channel, name) => channel.assertQueue(name, { arguments: { 'x-queue-type': 'quorum' } }),
    isUsed: true,
  },
  'a queue whose messages expire': {
    make: (channel, name) => channel.assertQueue(name, { messageTtl: 60_000 }),
    isUsed: true,
  },
  'a queue of other priorities': {
    make: (channel, name) => channel.assertQueue(name, { maxPriority: 3 }),
    isUsed: true,
  },
  'a queue that is not durable': {
    make: (channel, name) => channel.assertQueue(name, { durable: false }),
    isUsed: true,
  },
  'a queue beside a topic exchange of its name': {
    make: (channel, name) => channel.assertExchange(name, 'topic'),
    isUsed: true,
  },
  'a queue that another connection keeps to itself': {
    make: (channel, name) => channel.assertQueue(name, { exclusive: true, durable: false }),
    isUsed: false,
    mend: (channel, name) => channel.deleteQueue(name),
  },
  'a queue of a name that is reserved': { name: 'amq.mine', isUsed: false },
  'a stream': {
    make: (channel, name) => channel.assertQueue(name, { arguments: { 'x-queue-type': 'stream' } }),
    isUsed: false,
    mend: (channel, name) => channel.deleteQueue(name),
  },
  'a full queue that refuses more': {
    make: (channel, name) =>
      channel.assertQueue(name, { arguments: { 'x-max-length': 0, 'x-overflow': 'reject-publish' } }),
    isUsed: false,
    mend: (channel, name) => channel.deleteQueue(name),
  },
};

const skip = redisMissing();

test('a queue whose key in Redis is no list fails its own tasks, and stops no other', { skip }, async () => {
  await using redis = await startRedis();
  const client = await connectRedis({ user: 'QUEUE', url: redis.url });
  await client.set('taken', 'a text of somebody else');
  await using queue = new Queue({ engine: `celery+${redis.url}` });
  const params = { n: z.int() };
  const bad = queue.task('bad', { params, queue: 'taken' }, ({ n }) => n);
  const good = queue.task('good', { params, queue: 'fine' }, ({ n }) => n);
  await queue.work({ queues: ['taken', 'fine'] });
  const [first, ...others] = await Promise.all([bad.enqueue({ n: 0 }), good.enqueue({ n: 1 }), good.enqueue({ n: 2 })]);
  assert.deepEqual(await Promise.all(others.map((handle) => handle.result({ timeout: 60_000 }))), [1, 2]);
  await assert.rejects(first.result({ timeout: 60_000 }), coded('CORTADO_TASK_FAILED', 'WRONGTYPE'));
  assert.deepEqual(await queue.counts(), { taken: { failed: 1 }, fine: { succeeded: 2 } });
  assert.equal(await client.get('taken'), 'a text of somebody else');
  await client.del('taken');
  assert.equal(await (await bad.enqueue({ n: 3 })).result({ timeout: 60_000 }), 3);
  client.disconnect();
});

const skipBoth = redisMissing() ?? rabbitMissing();

describe('one queue that RabbitMQ would not have declared stops no other', { skip: skipBoth }, () => {
  let redis: RedisServer;
  let rabbit: RabbitServer;
  let connection: ChannelModel;
  before(async () => {
    [redis, rabbit] = await Promise.all([startRedis(), startRabbit()]);
    connection = await connect(rabbit.url);
  });
  after(async () => {
    await connection?.close();
    await rabbit?.[Symbol.asyncDispose]();
    await redis?.[Symbol.asyncDispose]();
  });

  const params = { n: z.int() };
  const declare = (queue: Queue, bad: string) => ({
    bad: queue.task('bad', { params, queue: bad }, ({ n }) => n),
    good: queue.task('good', { params, queue: 'fine' }, ({ n }) => n),
  });
  const all = (handles: readonly TaskHandle<number>[], timeout: number) =>
    Promise.all(handles.map((handle) => handle.result({ timeout })));

  let number = 0;
  for (const [what, { make, name: given, isUsed, mend }] of Object.entries(odd)) {
    for (const results of ['Redis', 'rpc://']) {
      test(`${what}, results by ${results}`, { timeout: 60_000 }, async () => {
        const name = given ?? `odd-${++number}`;
        const channel = await connection.createChannel();
        await make?.(channel, name);
        const backend = redis.url.replace(/0$/, String(number % 16));
        const url = `celery+${rabbit.url}?rpc=true&backend=${encodeURIComponent(backend)}`;
        await using serving = new Queue({ engine: url });
        declare(serving, name);
        // A client alone: nobody but this process sends.
        await using client = new Queue({ engine: results === 'Redis' ? url : `celery+${rabbit.url}?backend=rpc://` });
        const { bad, good } = declare(client, name);
        const [first, ...others] = await Promise.allSettled([
          bad.enqueue({ n: 0 }),
          good.enqueue({ n: 1 }),
          good.enqueue({ n: 2 }),
        ]);
        const handles = others.map((one) => {
          assert.equal(one.status, 'fulfilled');
          return (one as PromiseFulfilledResult<TaskHandle<number>>).value;
        });
        await serving.work({ queues: [name, 'fine'], concurrency: 2 });
        assert.deepEqual(await all(handles, 5000), [1, 2]);
        if (isUsed) {
          assert.equal(first.status, 'fulfilled');
          assert.deepEqual(await all([first.value], 5000), [0]);
        } else if (results === 'rpc://') {
          assert.equal(first.status, 'rejected');
          assert.equal((first.reason as { code: string }).code, 'CORTADO_QUEUE_UNREACHABLE');
        } else {
          assert.equal(first.status, 'fulfilled');
          assert.equal(await first.value.status(), 'queued');
          // Once the queue can be had, the task is sent, although nothing else is.
          if (mend !== undefined) {
            await mend(channel, name);
            assert.deepEqual(await all([first.value], 20_000), [0]);
          }
        }
        assert.deepEqual(await all([await good.enqueue({ n: 3 })], 5000), [3]);
        await channel.close();
      });
    }
  }
});
