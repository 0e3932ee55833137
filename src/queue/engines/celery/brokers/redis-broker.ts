import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import { shownUrl } from '../../../../base/show/shown-url.ts';
import { closeRedis, connectRedis } from '../../../../redis/redis-connection.ts';
import { listenToRedis, type RedisListener } from '../../../../redis/redis-listener.ts';
import { fieldsOf, readTask } from '../../ledger/ledger-record.ts';
import { redisScripts } from '../lua/redis-scripts.ts';
import { decodeTask, type RawMessage } from '../wire/decode-task.ts';
import { encodeJson } from '../wire/encode-json.ts';
import { routedEvents } from '../wire/event.ts';
import { record } from '../wire/signature.ts';
import type { WireMessage } from '../wire/task-message.ts';
import type { Broker, BrokerContext, Received } from './broker.ts';
import { CeleryLedger, databaseOf } from './celery-ledger.ts';
import type { CelerySettings } from './celery-options.ts';
import { Poll } from './poll.ts';

// Kombu's steps of priority, 0 being the most urgent: each has a list of its own.
const separator = '\x06\x16';
const steps = [0, 3, 6, 9];

// What stands before the exchange, the routing key and the suffix of a message that goes through an exchange.
const exchangeMark = '\x01';

// What was found in a list: a task to run; a message that names none; or a key that is no list, with what Redis says of it.
type Found = readonly [
  verdict: Received['verdict'] | 'broken' | 'refused',
  id: string,
  columns: Parameters<typeof fieldsOf>[0],
  list: string,
  message: string,
];

/** Kombu's layout of messages in Redis. */
export function redisBroker(settings: CelerySettings): Broker {
  const { url, keyPrefix, defaultPriority } = settings;
  const database = databaseOf(url);
  const listeners: RedisListener[] = [];
  const warned = new Set<string>();
  let redis: Redis;
  let host: BrokerContext['host'];
  // Messages are taken and given back in its steps themselves.
  let ledger: CeleryLedger<'claim' | 'restore' | 'take-back'>;
  // Python's producers wake nobody, and waiting in BRPOP would take a message out of every crash-safe place.
  let poll: Poll | undefined;
  let restoredAt = 0;

  const channelOf = (name: string): string => `${keyPrefix}/${database}.${name}`;
  const listOf = (queue: string, priority: number): string => `${keyPrefix}${queue}${suffixOf(priority)}`;

  function warn(list: string, reason: string): void {
    if (warned.has(list)) return;
    warned.add(list);
    host.log.error({ list, reason }, 'a queue cannot be served: its key is no list; the others go on');
  }

  return {
    label: `celery+${shownUrl(url)}`,
    priorities: { min: defaultPriority - 9, max: defaultPriority },
    priorityNumber: (priority) => defaultPriority - priority,

    get redis() {
      return redis;
    },

    async connect() {
      redis = await connectRedis({ ...settings, user: 'QUEUE' });
    },

    open(context) {
      host = context.host;
      poll = new Poll(settings.pollInterval, (lists) => redis.exists(...lists), host.wake);
      ledger = new CeleryLedger({ ...context, redis, url }, redisScripts, settings);
      return ledger;
    },

    async close() {
      poll?.stop();
      for (const listener of listeners.splice(0)) listener.close();
      closeRedis(redis);
    },

    pack(message, to) {
      const priority = Number(message.properties['priority'] ?? 0);
      const properties = { ...message.properties, priority };
      const route = 'queue' in to ? { exchange: '', routingKey: to.queue } : to;
      const list =
        'queue' in to
          ? listOf(to.queue, priority)
          : ['', to.exchange, to.routingKey, suffixOf(priority)].join(exchangeMark);
      return `${list}\n${envelope(message, properties, route)}`;
    },

    unpack: (packed) => readEnvelope(packed.slice(packed.indexOf('\n') + 1)),

    settled() {},

    // From each list with each of the suffixes, which stand for priorities.
    async claim({ worker, lease, limit, queues }, brokerQueue) {
      const suffixes = steps.map(suffixOf);
      const lists = queues.map(({ queue }) => listOf(brokerQueue(queue), 0));
      const demands = queues.flatMap(({ queue, limit: most, concurrency = 0, rate }, at) => {
        return [queue, lists[at]!, most, concurrency, rate?.limit ?? 0, rate?.per ?? 0];
      });
      const args = [worker, lease, limit, suffixes.length, ...suffixes, queues.length, ...demands];
      const found = (await ledger.call('claim', args)) as readonly Found[];
      if (found.length < limit) {
        const refused = new Set(found.map(([verdict, , , list]) => (verdict === 'refused' ? list : undefined)));
        const all = lists.flatMap((list) => suffixes.map((suffix) => list + suffix));
        poll?.watch(all.filter((list) => !refused.has(list)));
      }
      return found.flatMap(([verdict, id, columns, list, message]): Received[] => {
        if (verdict === 'run' || verdict === 'adopt') {
          const task = readTask(id, fieldsOf(columns))!;
          const decoded = decodeTask(readEnvelope(message), host.payloadLimit);
          return [{ verdict, task, decoded, packed: `${list}\n${message}` }];
        }
        if (verdict === 'refused') warn(list, message);
        else host.log.error({ list, message: message.slice(0, 1000) }, 'a message without an id was dropped');
        return [];
      });
    },

    // Gives back what Python workers took and did not finish within the visibility timeout, as they would themselves some time.
    async maintain() {
      if (performance.now() - restoredAt < 5000) return;
      restoredAt = performance.now();
      const restored = (await ledger.call('restore', [settings.visibilityTimeout / 1000])) as number;
      if (restored > 0) host.log.warn({ tasks: restored }, 'tasks of lost Celery workers are queued again');
    },

    async takeBack(id, queue) {
      const lists = steps.map((step) => listOf(queue, step));
      await ledger.call('take-back', [id, lists.length, ...lists]);
    },

    async sendEvents(events) {
      const headers = { hostname: events[0]?.hostname };
      for (const [key, body] of routedEvents(events))
        await redis.publish(channelOf(`celeryev/${key}`), note(encodeJson(body), headers, 'celeryev', key));
    },

    async broadcast(body, clock) {
      const headers = { clock, expires: Date.now() / 1000 + 1 };
      await redis.publish(channelOf('celery.pidbox'), note(body, headers, 'celery.pidbox', ''));
    },

    async onControl(_worker, handler) {
      const listener = await listenToRedis({
        redis,
        channels: [channelOf('celery.pidbox')],
        onMessage: (_channel, text) => {
          const { body, headers } = readEnvelope(text);
          void handler({ body: Buffer.from(body).toString('utf8'), headers });
        },
      });
      listeners.push(listener);
    },

    async reply({ exchange, routingKey, ticket, body, clock }) {
      const bindings = await redis.smembers(`${keyPrefix}_kombu.binding.${exchange}`);
      for (const binding of bindings) {
        const [key, , queue] = binding.split(separator);
        if (key !== routingKey || queue === undefined) continue;
        await redis.lpush(keyPrefix + queue, note(body, { ticket, clock }, exchange, routingKey));
        // Whoever asked may be gone by now.
        await redis.expire(keyPrefix + queue, 60);
      }
    },
  };
}

function suffixOf(priority: number): string {
  const step = steps.findLast((candidate) => candidate <= priority) ?? 0;
  return step === 0 ? '' : `${separator}${step}`;
}

// Of what nobody need have after a restart.
function note(body: string, headers: Record<string, unknown>, exchange: string, routingKey: string): string {
  const message = { body, contentEncoding: 'utf-8', contentType: 'application/json', headers };
  return envelope(message, { delivery_mode: 1, priority: 0 }, { exchange, routingKey });
}

// Kombu's form of a message in Redis.
function envelope(
  { body, contentEncoding, contentType, headers }: Omit<WireMessage, 'properties'>,
  properties: Record<string, unknown>,
  { exchange, routingKey }: { readonly exchange: string; readonly routingKey: string },
): string {
  const delivery_info = { exchange, routing_key: routingKey };
  return JSON.stringify({
    body: Buffer.from(body).toString('base64'),
    'content-encoding': contentEncoding,
    'content-type': contentType,
    headers,
    properties: { ...properties, delivery_info, body_encoding: 'base64', delivery_tag: randomUUID() },
  });
}

function readEnvelope(text: string): RawMessage {
  let message: Record<string, unknown>;
  try {
    message = record(JSON.parse(text));
  } catch {
    message = {};
  }
  const properties = record(message['properties']);
  const body = typeof message['body'] === 'string' ? message['body'] : '';
  return {
    body: Buffer.from(body, properties['body_encoding'] === 'base64' ? 'base64' : 'utf8'),
    headers: record(message['headers']),
    properties,
    contentType: typeof message['content-type'] === 'string' ? message['content-type'] : undefined,
  };
}
