import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import { shownUrl } from '../../../../base/show/shown-url.ts';
import type { ClaimRequest } from '../../../contract/engine.ts';
import { closeRedis, connectRedis } from '../../redis/redis-connection.ts';
import { RedisListener } from '../../redis/redis-listener.ts';
import { decodeTask, type RawMessage } from '../wire/decode-task.ts';
import { encodeJson } from '../wire/encode-json.ts';
import { eventRoutingKey, type WireEvent } from '../wire/event.ts';
import { record } from '../wire/signature.ts';
import type { WireMessage } from '../wire/task-message.ts';
import type { Broker, BrokerContext, ControlCall, ControlReply, MessageRoute, Received } from './broker.ts';
import { databaseOf } from './celery-ledger.ts';
import type { CelerySettings } from './celery-options.ts';
import { Poll } from './poll.ts';
import { RedisLedger } from './redis-ledger.ts';

// Kombu's steps of priority, 0 being the most urgent: each has a list of its own.
const separator = '\x06\x16';
const steps = [0, 3, 6, 9];

// What stands before the exchange, the routing key and the suffix of a message that goes through an exchange.
const exchangeMark = '\x01';

/** Kombu's layout of messages in Redis. */
export class RedisBroker implements Broker {
  readonly label: string;
  readonly priorities: { readonly min: number; readonly max: number };
  readonly #settings: CelerySettings;
  readonly #keyPrefix: string;
  readonly #database: number;
  #redis!: Redis;
  readonly #listeners: RedisListener[] = [];
  #host!: BrokerContext['host'];
  #ledger!: RedisLedger;
  // Python's producers wake nobody, and waiting in BRPOP would take a message out of every crash-safe place.
  #poll: Poll | undefined;
  readonly #warned = new Set<string>();
  #restoredAt = 0;

  constructor(settings: CelerySettings) {
    this.#settings = settings;
    this.#keyPrefix = settings.keyPrefix;
    this.#database = databaseOf(settings.url);
    this.label = `celery+${shownUrl(settings.url)}`;
    this.priorities = { min: settings.defaultPriority - 9, max: settings.defaultPriority };
  }

  readonly priorityNumber = (priority: number): number => this.#settings.defaultPriority - priority;

  get redis(): Redis {
    return this.#redis;
  }

  async connect(): Promise<void> {
    this.#redis = await connectRedis(this.#settings);
  }

  open({ host, prefix }: BrokerContext): RedisLedger {
    this.#host = host;
    const { url, pollInterval } = this.#settings;
    this.#poll = new Poll(pollInterval, (lists) => this.#redis.exists(...lists), host.wake);
    this.#ledger = new RedisLedger({ redis: this.#redis, url, prefix, host }, this.#settings);
    return this.#ledger;
  }

  async close(): Promise<void> {
    this.#poll?.stop();
    for (const listener of this.#listeners.splice(0)) listener.close();
    closeRedis(this.#redis);
  }

  pack(message: WireMessage, to: MessageRoute): string {
    const priority = Number(message.properties['priority'] ?? 0);
    const text = envelope(
      message,
      { ...message.properties, priority },
      'queue' in to ? { exchange: '', routingKey: to.queue } : to,
    );
    const list =
      'queue' in to
        ? this.#list(to.queue, priority)
        : ['', to.exchange, to.routingKey, this.#suffix(priority)].join(exchangeMark);
    return `${list}\n${text}`;
  }

  unpack(packed: string): RawMessage {
    return readEnvelope(packed.slice(packed.indexOf('\n') + 1));
  }

  settled(): void {}

  async claim(request: ClaimRequest, brokerQueue: (queue: string) => string): Promise<readonly Received[]> {
    const { limit } = request;
    const suffixes = steps.map((step) => this.#suffix(step));
    const queues = request.queues.map((demand) => ({ ...demand, list: this.#list(brokerQueue(demand.queue), 0) }));
    const results = await this.#ledger.claim({ ...request, suffixes, queues });
    if (results.length < limit) {
      const refused = new Set(results.map(({ verdict, list }) => (verdict === 'refused' ? list : undefined)));
      const lists = queues.flatMap(({ list }) => suffixes.map((suffix) => list + suffix));
      this.#poll?.watch(lists.filter((list) => !refused.has(list)));
    }
    return results.flatMap((found): Received[] => {
      const { list, message } = found;
      if (found.verdict === 'run' || found.verdict === 'adopt') {
        const { verdict, task } = found;
        const decoded = decodeTask(readEnvelope(message), this.#host.payloadLimit);
        return [{ verdict, task, decoded, packed: `${list}\n${message}` }];
      }
      if (found.verdict === 'refused') this.#warn(list, message);
      else this.#host.log.error({ list, message: message.slice(0, 1000) }, 'a message without an id was dropped');
      return [];
    });
  }

  #warn(list: string, reason: string): void {
    if (this.#warned.has(list)) return;
    this.#warned.add(list);
    this.#host.log.error({ list, reason }, 'a queue cannot be served: its key is no list; the others go on');
  }

  /** Gives back what Python workers took and did not finish within the visibility timeout, as they would themselves some time. */
  async maintain(): Promise<void> {
    if (performance.now() - this.#restoredAt < 5000) return;
    this.#restoredAt = performance.now();
    const restored = await this.#ledger.restore(this.#settings.visibilityTimeout);
    if (restored > 0) this.#host.log.warn({ tasks: restored }, 'tasks of lost Celery workers are queued again');
  }

  async takeBack(id: string, queue: string): Promise<void> {
    await this.#ledger.takeBack(
      id,
      steps.map((step) => this.#list(queue, step)),
    );
  }

  async sendEvents(events: readonly WireEvent[]): Promise<void> {
    // Kombu's own grouping: events of tasks travel as a list.
    const about = (kind: string): WireEvent[] => events.filter(({ type }) => type.startsWith(kind));
    for (const event of about('worker-')) await this.#publishEvent(eventRoutingKey(event.type), event);
    if (about('task-').length > 0) await this.#publishEvent('task.multi', about('task-'));
  }

  async broadcast(body: string, clock: number): Promise<void> {
    const headers = { clock, expires: Date.now() / 1000 + 1 };
    await this.#redis.publish(this.#channel('celery.pidbox'), note(body, headers, 'celery.pidbox', ''));
  }

  async onControl(_worker: string, handler: (call: ControlCall) => Promise<void>): Promise<void> {
    const listener = await RedisListener.open({
      redis: this.#redis,
      channels: [this.#channel('celery.pidbox')],
      onMessage: (_channel, text) => {
        const { body, headers } = readEnvelope(text);
        void handler({ body: Buffer.from(body).toString('utf8'), headers });
      },
    });
    this.#listeners.push(listener);
  }

  async reply({ exchange, routingKey, ticket, body, clock }: ControlReply): Promise<void> {
    const bindings = await this.#redis.smembers(`${this.#keyPrefix}_kombu.binding.${exchange}`);
    for (const binding of bindings) {
      const [key, , queue] = binding.split(separator);
      if (key !== routingKey || queue === undefined) continue;
      await this.#redis.lpush(this.#keyPrefix + queue, note(body, { ticket, clock }, exchange, routingKey));
      // Whoever asked may be gone by now.
      await this.#redis.expire(this.#keyPrefix + queue, 60);
    }
  }

  async #publishEvent(routingKey: string, body: unknown): Promise<void> {
    const first = (Array.isArray(body) ? body[0] : body) as WireEvent;
    const text = note(encodeJson(body), { hostname: first.hostname }, 'celeryev', routingKey);
    await this.#redis.publish(this.#channel(`celeryev/${routingKey}`), text);
  }

  #channel(name: string): string {
    return `${this.#keyPrefix}/${this.#database}.${name}`;
  }

  #list(queue: string, priority: number): string {
    return `${this.#keyPrefix}${queue}${this.#suffix(priority)}`;
  }

  #suffix(priority: number): string {
    const step = steps.findLast((candidate) => candidate <= priority) ?? 0;
    return step === 0 ? '' : `${separator}${step}`;
  }
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
