import assert from 'node:assert/strict';
import { after, before, describe, type TestContext, test } from 'node:test';
import type { Redis } from 'ioredis';
import { z } from 'zod';
import { celeryTask } from '../../../../src/queue/celery/index.ts';
import { AmqpConnection } from '../../../../src/queue/engines/celery/brokers/amqp-connection.ts';
import { sendTasks } from '../../../../src/queue/engines/celery/brokers/amqp-send.ts';
import { celerySettings } from '../../../../src/queue/engines/celery/brokers/celery-options.ts';
import { redisBroker } from '../../../../src/queue/engines/celery/brokers/redis-broker.ts';
import { encodeTask } from '../../../../src/queue/engines/celery/wire/encode-task.ts';
import type { TaskMessage } from '../../../../src/queue/engines/celery/wire/task-message.ts';
import { Queue } from '../../../../src/queue/index.ts';
import { connectRedis } from '../../../../src/redis/redis-connection.ts';
import { celeriesOfYears } from '../../../support/celery-versions.ts';
import { type PythonPeerOptions, startCeleryWorker } from '../../../support/celery-worker.ts';
import type { Program } from '../../../support/program.ts';
import { type RabbitServer, rabbitMissing, startRabbit } from '../../../support/rabbitmq-server.ts';
import { type RedisServer, redisMissing, startRedis } from '../../../support/redis-server.ts';
import { until } from '../../../support/until.ts';
import { dice, randomMessage } from './random-messages.ts';

const count = 400;
const names = ['py.echo', 'py.inspect', 'py.add', 'py.none', 'py.echo', 'naïve ☕'];

/** Messages as `randomMessage` makes them, for tasks that there are (mostly), and due within the test. */
function messages(context: TestContext): TaskMessage[] {
  const roll = dice(context);
  const mark = roll(10_000);
  const known = (task: string): string => names[task.length % 2 === 0 ? 0 : roll(names.length)]!;
  return Array.from({ length: count }, (_, at): TaskMessage => {
    const message = randomMessage(roll);
    const again = ({ chain, callbacks, errbacks }: TaskMessage) =>
      [chain, callbacks, errbacks].map((list) =>
        list.map((next) => ({ ...next, task: known(next.task), options: { task_id: `${mark}-${at}-${roll(9999)}` } })),
      );
    const [chain, callbacks, errbacks] = again(message);
    return {
      ...message,
      id: `${mark}-${at}`,
      task: known(message.task),
      eta: message.eta === undefined ? undefined : Date.now() + roll(1500) - 500,
      expires: message.expires === undefined ? undefined : Date.now() + roll(4000) - 500,
      chain: chain!,
      callbacks: callbacks!,
      errbacks: errbacks!,
    };
  });
}

/** A Python worker that has been through all messages still answers, and never died meanwhile. */
async function survives(worker: Program, url: string): Promise<void> {
  await using queue = new Queue({ engine: url });
  const params = { x: z.int(), y: z.int() };
  const add = celeryTask('py.add', { on: queue, queue: 'python', params, result: z.int() });
  assert.equal(await (await add.enqueue({ x: 20, y: 22 })).result({ timeout: 60_000 }), 42, worker.output());
  assert.equal(worker.child.exitCode, null, worker.output());
  const received = worker.output().match(/ received/g) ?? [];
  assert.ok(received.length > count / 2, `${received.length} received`);
  assert.doesNotMatch(worker.output(), /Unrecoverable error|worker: Cold shutdown|Can't decode message body/);
}

for (const celery of celeriesOfYears('5.2')) {
  const skip = redisMissing() ?? rabbitMissing() ?? celery.skip;
  describe(`a Python worker of ${celery.title} lives through ${count} odd messages`, {
    concurrency: true,
    skip,
  }, () => {
    let redis: RedisServer;
    let rabbit: RabbitServer;
    let client: Redis;
    before(async () => {
      [redis, rabbit] = await Promise.all([startRedis(), startRabbit()]);
      client = await connectRedis({ user: 'QUEUE', url: redis.url });
    });
    after(async () => {
      client?.disconnect();
      await rabbit?.[Symbol.asyncDispose]();
      await redis?.[Symbol.asyncDispose]();
    });
    const start = (peer: PythonPeerOptions): Promise<Program> =>
      startCeleryWorker({ ...peer, queue: 'python' }, '-Q', 'python', '-n', 'py@%h');

    test('over Redis', async (context) => {
      await using worker = await start({ celery, broker: redis.url, backend: redis.url });
      const broker = redisBroker(celerySettings({ url: `celery+${redis.url}` }));
      const lists = new Set<string>();
      for (const message of messages(context)) {
        const packed = broker.pack(encodeTask(message), { queue: 'python' });
        const cut = packed.indexOf('\n');
        lists.add(packed.slice(0, cut));
        await client.lpush(packed.slice(0, cut), packed.slice(cut + 1));
      }
      await until(
        'all are taken',
        async () => assert.equal(await client.exists(...lists, 'unacked'), 0, worker.output().slice(-3000)),
        30_000,
      );
      await survives(worker, `celery+${redis.url}`);
    });

    test('over RabbitMQ', async (context) => {
      await using worker = await start({ celery, broker: rabbit.url, backend: redis.url.replace(/0$/, '1') });
      const settings = celerySettings({ url: `celery+${rabbit.url}`, backend: 'rpc://' });
      const connection = new AmqpConnection(settings, () => {});
      const link = await connection.link();
      const packed = messages(context).map((message) => ({ ...encodeTask(message), queue: 'python' }));
      const problems = await sendTasks(link, packed, { maxPriority: undefined, onOdd: assert.fail });
      assert.ok(problems.every((problem) => problem === undefined));
      const channel = await link.channel('test');
      const left = async (): Promise<void> => {
        const { messageCount } = await channel.checkQueue('python');
        assert.equal(messageCount, 0, worker.output().slice(-3000));
      };
      await until('all are taken', left, 30_000);
      await connection.close();
      await survives(worker, `celery+${rabbit.url}?backend=${encodeURIComponent(redis.url.replace(/0$/, '1'))}`);
    });
  });
}
