import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { connect } from 'amqplib';
import { z } from 'zod';
import { Queue } from '../../../../src/queue/index.ts';
import { connectRedis } from '../../../../src/redis/redis-connection.ts';
import { type RabbitServer, rabbitMissing, startRabbit } from '../../../support/rabbitmq-server.ts';
import { type RedisServer, redisMissing, startRedis } from '../../../support/redis-server.ts';
import { until } from '../../../support/until.ts';

const deep = '['.repeat(500) + ']'.repeat(500);
const signature = (fields: string) =>
  `{"task":"echo","args":[],"kwargs":{},"options":{"task_id":"ID"},"immutable":true,"subtask_type":null${fields}}`;
const late = signature(',"options":{"eta":"9999-12-31T10:00:00+00:00"}');
const nested = signature(`,"args":[${deep}]`);
const named = signature(',"options":{"headers":{"root_id":"mine"}}');

/** What is embedded in a message, by what a worker cannot send of it. */
const embeds: Readonly<Record<string, { readonly embed: string; readonly fails?: boolean }>> = {
  'a callback that is due too late': { embed: `{"callbacks":[${late}]}` },
  'a callback with nested arguments': { embed: `{"callbacks":[${nested}]}` },
  'a callback with a header of the protocol': { embed: `{"callbacks":[${named}]}` },
  'a chain of nested arguments': { embed: `{"chain":[${nested}]}` },
  'an errback with nested arguments': { embed: `{"errbacks":[${nested}]}`, fails: true },
  'an errback and a chain': { embed: `{"errbacks":[${nested}],"chain":[${nested}]}`, fails: true },
};

const skip = redisMissing() ?? rabbitMissing();

describe('a task whose followers cannot be sent fails alone', { skip }, () => {
  let redis: RedisServer;
  let rabbit: RabbitServer;
  before(async () => {
    [redis, rabbit] = await Promise.all([startRedis(), startRabbit()]);
  });
  after(async () => {
    await rabbit?.[Symbol.asyncDispose]();
    await redis?.[Symbol.asyncDispose]();
  });

  for (const broker of ['Redis', 'RabbitMQ'])
    test(`over ${broker}`, { timeout: 60_000 }, async () => {
      const results = redis.url.replace(/0$/, '1');
      const url = broker === 'Redis' ? redis.url : `${rabbit.url}?backend=${encodeURIComponent(results)}`;
      await using queue = new Queue({ engine: `celery+${url}` });
      const echo = queue.task(
        'echo',
        { params: { value: z.unknown().optional() } },
        async ({ value }) => value ?? null,
      );
      queue.task('fail', {}, async () => {
        throw new Error('as it should');
      });
      const good = await Promise.all(Array.from({ length: 40 }, (_, value) => echo.enqueue({ value })));
      const unfit = Object.values(embeds).map((one) => ({ ...one, id: randomUUID() }));
      for (const { id, embed, fails } of unfit) {
        const headers = { lang: 'py', task: fails ? 'fail' : 'echo', id, retries: 0 };
        await sendRaw(broker === 'Redis' ? redis.url : rabbit.url, `[[],{},${embed}]`, headers);
      }
      const more = await Promise.all(Array.from({ length: 40 }, (_, value) => echo.enqueue({ value })));
      await queue.work({ concurrency: 100 });
      const answers = Promise.all([...good, ...more].map((handle) => handle.result({ timeout: 60_000 })));
      assert.deepEqual(await answers, [...good.keys(), ...more.keys()]);
      for (const { id, fails } of unfit) {
        const handle = queue.handle(id);
        await until(`${id} has failed`, async () => assert.equal(await handle.status(), 'failed'));
        await assert.rejects(
          handle.result(),
          fails ? /as it should|cannot be sent|cannot carry/ : /cannot be sent|cannot carry/,
        );
      }
    });
});

/** Sends a message as somebody does who checks nothing. */
async function sendRaw(url: string, body: string, headers: Record<string, unknown>): Promise<void> {
  if (url.startsWith('amqp')) {
    const connection = await connect(url);
    const channel = await connection.createConfirmChannel();
    await channel.assertQueue('celery');
    channel.sendToQueue('celery', Buffer.from(body), {
      headers,
      contentType: 'application/json',
      contentEncoding: 'utf-8',
    });
    await channel.waitForConfirms();
    await connection.close();
    return;
  }
  const client = await connectRedis({ user: 'QUEUE', url });
  const envelope = {
    body: Buffer.from(body).toString('base64'),
    headers,
    'content-type': 'application/json',
    'content-encoding': 'utf-8',
    properties: {
      correlation_id: headers['id'],
      delivery_tag: randomUUID(),
      body_encoding: 'base64',
      delivery_info: {},
    },
  };
  await client.lpush('celery', JSON.stringify(envelope));
  client.disconnect();
}
