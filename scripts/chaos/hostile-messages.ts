import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { deflateSync, gzipSync } from 'node:zlib';
import { connect } from 'amqplib';
import { connectRedis } from '../../src/redis/redis-connection.ts';
import type { Account } from './account.ts';
import type { Context, Scenario } from './scenario.ts';
import { type EngineName, openTaskStage, type TaskStage } from './task-stage.ts';
import { type Accepted, putDown, tallyTasks } from './task-tally.ts';
import { engineMissing, patience, slug } from './workers.ts';

/** Messages that no Celery sends, among tasks of others. */
export const hostileScenarios: readonly Scenario[] = (['Celery on Redis', 'Celery on RabbitMQ'] as const).map(
  (engine) => ({
    name: `hostile-messages-${slug(engine)}`,
    promise: `a worker of ${engine} lives through messages that no Celery sends, and everybody else's tasks end`,
    skip: () => engineMissing(engine),
    limit: patience,
    atLeastOnce: true,
    run: (context, account) => sendHostile(engine, context, account),
  }),
);

/** What a message is made of; what is not said is as Celery sends it. */
interface Message {
  readonly body?: string | Buffer;
  readonly headers?: unknown;
  readonly properties?: unknown;
  readonly contentType?: unknown;
  readonly contentEncoding?: unknown;
}

const odd: readonly unknown[] = [
  null,
  true,
  -1,
  1e308,
  '',
  'x'.repeat(5000),
  [],
  [[]],
  {},
  { __proto__: null, constructor: 1 },
];
const headers = (more: object = {}): object => ({ lang: 'py', task: 'effect', id: randomUUID(), retries: 0, ...more });
const bodyOf = (...parts: readonly unknown[]): string => JSON.stringify(parts);
const good = bodyOf([1, 5], {}, { callbacks: null, errbacks: null, chain: null, chord: null });
const large = 'x'.repeat(3_000_000);

/** One message of each class. */
function hostileMessages(): Message[] {
  const names = [
    'task',
    'id',
    'retries',
    'eta',
    'expires',
    'timelimit',
    'group',
    'root_id',
    'parent_id',
    'reply_to',
    'argsrepr',
    'stamps',
    'group_index',
    'replaced_task_nesting',
  ];
  const parts = ['callbacks', 'errbacks', 'chain', 'chord'];
  return [
    ...names.flatMap((name) => odd.map((value) => ({ headers: headers({ [name]: value }) }))),
    ...parts.flatMap((name) => odd.map((value) => ({ body: bodyOf([1, 5], {}, { [name]: value }) }))),
    ...odd.flatMap((value) => [
      { body: bodyOf(value, {}, {}) },
      { body: bodyOf([], value, {}) },
      { body: bodyOf([1, 5], {}, value) },
      { body: JSON.stringify(value) },
    ]),
    ...['', '{', '[1,', 'NaN', '\u0000', '[[],{}]', '[[1,5],{},{}', '{"args":5}'].map((body) => ({ body })),
    ...[
      'application/x-python-serialize',
      'application/x-yaml',
      'application/x-msgpack',
      'application/data',
      'text/plain',
      '',
      ' ',
      'x'.repeat(200),
    ].map((contentType) => ({ contentType })),
    ...['binary', 'utf-16', 'latin-1', '', 'none'].map((contentEncoding) => ({ contentEncoding })),
    { body: bodyOf([large, 5], {}, {}) },
    { body: bodyOf([1, 5], {}, {}), headers: headers({ argsrepr: large.slice(0, 100_000) }) },
    { body: gzipSync(bodyOf([large, 5], {}, {})), headers: headers({ compression: 'application/x-gzip' }) },
    { body: deflateSync(bodyOf([large, 5], {}, {})), headers: headers({ compression: 'application/x-gzip' }) },
    { body: good, headers: headers({ compression: 'application/x-gzip' }) },
    { body: good, headers: headers({ compression: 'nothing' }) },
    { body: `[${'['.repeat(900)}${']'.repeat(900)},{},{}]` },
    { body: Buffer.from([0xff, 0xfe, 0x00, 0x80]) },
    { headers: headers({ task: 'nobody.has.this' }) },
    { headers: {} },
    { headers: null },
    { headers: [] },
    { headers: 'headers' },
    { properties: null },
    { properties: 5 },
    { properties: { body_encoding: 'rot13' } },
  ];
}

// What is in the place of a whole message of Redis.
const envelopes = [
  '',
  'null',
  '[]',
  '5',
  '{}',
  '{"body":5}',
  '{"body":"***","properties":{"body_encoding":"base64"}}',
  '{"headers":',
];
const commands = [
  '',
  '{',
  '{"method":5}',
  '{"method":"rate_limit","arguments":{}}',
  '{"method":"revoke","arguments":{"task_id":{}}}',
  '{"method":"nothing","arguments":[]}',
  '{"method":"ping","destination":5,"reply_to":5}',
];

async function sendHostile(engine: EngineName, { random, size }: Context, account: Account): Promise<void> {
  await using stage = await openTaskStage(engine);
  const worker = await stage.startWorker();
  await using sender = await (stage.rabbit ? overRabbit(stage) : overRedis(stage));
  const accepted: Accepted[] = [];
  let sent = 0;
  for (const message of hostileMessages()) {
    sent += await sender.send(message);
    if (sent % 5 !== 0) continue;
    const n = 10_000 + accepted.length;
    accepted.push({ n, id: (await stage.job.enqueue({ n, ms: random.between(1, size(5, 40)) })).id });
  }
  sent += await sender.sendMore();
  const { id } = await stage.job.enqueue({ n: 9999, ms: 1 });
  accepted.push({ n: 9999, id });
  putDown(account, await tallyTasks(stage, accepted, 90_000));
  await wait(500);
  account.promise(worker.child.exitCode === null && worker.child.signalCode === null, 'the worker ended');
  worker.child.kill('SIGTERM');
  account.promise((await worker.ended) !== 'SIGKILL', 'the worker does not stop');
  account.figures.push(`${sent} messages`);
}

interface Sender extends AsyncDisposable {
  /** How many were sent: a broker's own client refuses some. */
  readonly send: (message: Message) => Promise<0 | 1>;
  /** Sends what is no message at all. */
  readonly sendMore: () => Promise<number>;
}

async function overRedis({ redis }: TaskStage): Promise<Sender> {
  const client = await connectRedis({ user: 'QUEUE', url: redis!.url });
  return {
    async send({
      body = good,
      headers: given = headers(),
      properties,
      contentType = 'application/json',
      contentEncoding = 'utf-8',
    }) {
      const envelope = {
        body: Buffer.from(body).toString('base64'),
        headers: given,
        'content-type': contentType,
        'content-encoding': contentEncoding,
        properties:
          properties === undefined
            ? { delivery_tag: randomUUID(), body_encoding: 'base64', delivery_info: {} }
            : properties,
      };
      await client.lpush('celery', JSON.stringify(envelope));
      return 1;
    },
    async sendMore() {
      for (const text of envelopes) await client.lpush('celery', text);
      for (const text of commands) await client.publish('/0.celery.pidbox', text);
      return envelopes.length + commands.length;
    },
    async [Symbol.asyncDispose]() {
      client.disconnect();
    },
  };
}

async function overRabbit({ rabbit }: TaskStage): Promise<Sender> {
  const connection = await connect(rabbit!.url);
  const channel = await connection.createConfirmChannel();
  await channel.assertQueue('celery');
  return {
    async send({
      body = good,
      headers: given = headers(),
      contentType = 'application/json',
      contentEncoding = 'utf-8',
    }) {
      try {
        const properties = { headers: given, contentType, contentEncoding };
        channel.sendToQueue('celery', Buffer.from(body), properties as never);
        await channel.waitForConfirms();
        return 1;
      } catch {
        return 0;
      }
    },
    async sendMore() {
      for (const text of commands)
        channel.publish('celery.pidbox', '', Buffer.from(text), { contentType: 'application/json' });
      await channel.waitForConfirms();
      return commands.length;
    },
    async [Symbol.asyncDispose]() {
      await connection.close();
    },
  };
}
