import type { Channel, ChannelModel, ConfirmChannel, GetMessage, Options } from 'amqplib';
import { CortadoError } from '../../../base/error.ts';
import type { ClaimRef, ClaimRequest, QueueDemand } from '../../engine.ts';
import type { Delivery, LedgerOptions } from '../ledger/ledger.ts';
import { withoutPassword } from '../ledger/redis-connection.ts';
import type { Broker, BrokerContext, ControlCall, ControlReply, Received } from './broker.ts';
import type { CelerySettings } from './celery-options.ts';
import { databaseOf } from './redis-broker.ts';
import { amqpHooks, chordScripts } from './redis-lua.ts';
import { decodeTask, type RawMessage } from './wire/decode-task.ts';
import { encodeJson } from './wire/encode-json.ts';
import { eventRoutingKey, type WireEvent } from './wire/event.ts';
import { record } from './wire/signature.ts';
import type { WireMessage } from './wire/task-message.ts';

interface Packed extends WireMessage {
  readonly queue: string;
}

/** The channels of one connection; all of its deliveries are gone when it is. */
interface Link {
  readonly connection: ChannelModel;
  readonly channel: Channel;
  readonly confirms: ConfirmChannel;
  readonly declared: Set<string>;
}

interface Held {
  readonly link: Link;
  readonly message: GetMessage;
}

// Seconds. A process that is stopped or unplugged is noticed after two of them.
const heartbeat = 10;

/** RabbitMQ as Celery uses it. Messages are fetched one by one, so that none waits in a worker while another is idle. */
export class AmqpBroker implements Broker {
  readonly label: string;
  readonly redis = undefined;
  readonly priorities: Broker['priorities'];
  readonly hooks: string;
  readonly scripts: LedgerOptions['scripts'] = chordScripts;
  readonly #settings: CelerySettings;
  readonly #held = new Map<string, Held>();
  #context!: BrokerContext;
  #link: Promise<Link> | undefined;
  #polling: NodeJS.Timeout | undefined;
  #watched: readonly string[] = [];
  #control: { readonly worker: string; readonly handler: (call: ControlCall) => Promise<void> } | undefined;
  #isClosed = false;

  constructor(settings: CelerySettings) {
    this.#settings = settings;
    this.label = `celery+${withoutPassword(settings.url)}`;
    const { maxPriority, defaultPriority, backend } = settings;
    this.priorities = maxPriority === undefined ? false : { min: -defaultPriority, max: maxPriority - defaultPriority };
    this.hooks = amqpHooks({ ...settings, database: databaseOf(backend), backendDatabase: databaseOf(backend) });
  }

  readonly priorityNumber = (priority: number): number | undefined =>
    this.#settings.maxPriority === undefined ? undefined : this.#settings.defaultPriority + priority;

  async connect(): Promise<void> {
    this.#isClosed = false;
    await this.#connected();
  }

  async open(context: BrokerContext): Promise<void> {
    this.#context = context;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#polling);
    const link = await this.#link?.catch(() => undefined);
    this.#link = undefined;
    this.#control = undefined;
    this.#held.clear();
    await link?.connection.close().catch(() => {});
  }

  async maintain(): Promise<void> {}

  pack(message: WireMessage, queue: string): string {
    return JSON.stringify({ ...message, queue } satisfies Packed);
  }

  unpack(packed: string): RawMessage {
    const { body, headers, properties, contentType } = JSON.parse(packed) as Packed;
    return { body: Buffer.from(body), headers, properties, contentType };
  }

  async publish(outgoing: readonly string[]): Promise<void> {
    try {
      const link = await this.#connected();
      const sent: string[] = [];
      for (const item of outgoing) {
        const cut = item.indexOf('\n');
        sent.push(item.slice(0, cut));
        if (cut + 1 < item.length) await this.#send(link, JSON.parse(item.slice(cut + 1)) as Packed);
      }
      await link.confirms.waitForConfirms();
      await this.#context.ledger.sent(sent);
      await this.#context.wake();
    } catch (error) {
      this.#context.host.log.warn(
        { err: error, tasks: outgoing.length },
        'tasks are stored, and will be sent to RabbitMQ later',
      );
    }
  }

  async claim(request: ClaimRequest, brokerQueue: (queue: string) => string): Promise<readonly Received[]> {
    const link = await this.#connected();
    const taken: { message: GetMessage; delivery: Delivery; decoded: Received['decoded']; packed: string }[] = [];
    for (const demand of request.queues) {
      const queue = brokerQueue(demand.queue);
      await this.#declare(link, queue);
      const most = Math.min(demand.limit, request.limit - taken.length, await this.#room(demand));
      for (let count = 0; count < most; count++) {
        const message = await link.channel.get(queue);
        if (message === false) break;
        const raw = rawMessage(message);
        const decoded = decodeTask(raw);
        const id = decoded.ok ? decoded.message.id : decoded.id;
        if (id === undefined) {
          this.#context.host.log.error(
            { queue, message: message.content.toString('utf8').slice(0, 1000) },
            'a message without an id was dropped',
          );
          link.channel.ack(message);
          continue;
        }
        const packed = pack(raw, queue);
        const name = decoded.ok ? decoded.message.task : (decoded.task ?? '');
        const { concurrency, rate } = demand;
        taken.push({
          message,
          decoded,
          packed,
          delivery: { id, queue: demand.queue, tag: '', name, message: packed, concurrency, rate },
        });
      }
    }
    if (taken.length < request.limit) this.#poll(request.queues.map(({ queue }) => brokerQueue(queue)));
    if (taken.length === 0) return [];
    const starts = await this.#context.ledger.start(
      request.worker,
      request.lease,
      taken.map(({ delivery }) => delivery),
    );
    return starts.flatMap(({ verdict, task }, at): Received[] => {
      const { message, decoded, packed } = taken[at]!;
      if (verdict === 'later') link.channel.nack(message, false, true);
      else if (verdict === 'drop' || verdict === 'hold') link.channel.ack(message);
      else {
        this.#held.set(heldKey({ id: task!.record.id, token: task!.token }), { link, message });
        return [{ verdict, task: task!, decoded, packed }];
      }
      return [];
    });
  }

  settled(claims: readonly ClaimRef[]): void {
    for (const claim of claims) {
      const held = this.#held.get(heldKey(claim));
      this.#held.delete(heldKey(claim));
      try {
        held?.link.channel.ack(held.message);
      } catch {
        // The connection is gone: the broker delivers it again, and the ledger drops it.
      }
    }
  }

  async sendEvents(events: readonly WireEvent[]): Promise<void> {
    const { channel } = await this.#connected();
    await channel.assertExchange('celeryev', 'topic', { durable: true });
    const publish = (key: string, body: unknown, host: string): void => {
      const options = {
        contentType: 'application/json',
        contentEncoding: 'utf-8',
        deliveryMode: 1,
        headers: table({ hostname: host }),
      };
      channel.publish('celeryev', key, Buffer.from(encodeJson(body)), options);
    };
    for (const event of events.filter(({ type }) => type.startsWith('worker-')))
      publish(eventRoutingKey(event.type), event, event.hostname);
    const tasks = events.filter(({ type }) => type.startsWith('task-'));
    if (tasks.length > 0) publish('task.multi', tasks, tasks[0]!.hostname);
  }

  async broadcast(body: string, clock: number): Promise<void> {
    const { channel } = await this.#connected();
    await channel.assertExchange('celery.pidbox', 'fanout', { durable: false });
    const headers = table({ clock, expires: Date.now() / 1000 + 1 });
    channel.publish('celery.pidbox', '', Buffer.from(body), {
      contentType: 'application/json',
      contentEncoding: 'utf-8',
      deliveryMode: 1,
      headers,
    });
  }

  async onControl(worker: string, handler: (call: ControlCall) => Promise<void>): Promise<void> {
    this.#control = { worker, handler };
    await this.#listen(await this.#connected());
  }

  async reply({ exchange, routingKey, ticket, body, clock }: ControlReply): Promise<void> {
    const { channel } = await this.#connected();
    await channel.assertExchange(exchange, 'direct', { durable: false });
    const options = {
      contentType: 'application/json',
      contentEncoding: 'utf-8',
      deliveryMode: 1,
      headers: table({ ticket, clock }),
    };
    channel.publish(exchange, routingKey, Buffer.from(body), options);
  }

  /** Sends a result to the reply queue of whoever waits for it. */
  async sendResult(replyTo: string, id: string, meta: string): Promise<void> {
    const { channel } = await this.#connected();
    const options = { contentType: 'application/json', contentEncoding: 'utf-8', deliveryMode: 1, correlationId: id };
    channel.publish('', replyTo, Buffer.from(meta), options);
  }

  async #send(link: Link, { queue, body, headers, properties, contentType, contentEncoding }: Packed): Promise<void> {
    await this.#declare(link, queue);
    const priority = properties['priority'];
    const options: Options.Publish = {
      contentType,
      contentEncoding,
      headers: table(headers),
      deliveryMode: 2,
      correlationId: String(properties['correlation_id'] ?? ''),
      replyTo: String(properties['reply_to'] ?? ''),
      ...(typeof priority === 'number' && this.#settings.maxPriority !== undefined ? { priority } : {}),
    };
    if (!link.confirms.publish('', queue, Buffer.from(body), options))
      await new Promise((resolve) => link.confirms.once('drain', resolve));
  }

  // Exactly as Celery declares them: any other argument would be refused by the broker.
  async #declare({ channel, declared }: Link, queue: string): Promise<void> {
    if (declared.has(queue)) return;
    const { maxPriority } = this.#settings;
    await channel.assertQueue(queue, { durable: true, ...(maxPriority === undefined ? {} : { maxPriority }) });
    await channel.assertExchange(queue, 'direct', { durable: true });
    await channel.bindQueue(queue, queue, queue);
    declared.add(queue);
  }

  async #room({ queue, concurrency, rate }: QueueDemand): Promise<number> {
    if (concurrency === undefined && rate === undefined) return Number.POSITIVE_INFINITY;
    return (await this.#context.ledger.call(
      'room',
      queue,
      concurrency ?? 0,
      rate?.limit ?? 0,
      rate?.per ?? 0,
    )) as number;
  }

  #poll(queues: readonly string[]): void {
    this.#watched = queues;
    if (this.#polling !== undefined) return;
    const look = async (): Promise<void> => {
      const found = await this.#waiting().catch(() => 0);
      this.#polling = undefined;
      if (this.#isClosed) return;
      if (found > 0) this.#context.host.wake();
      else this.#polling = setTimeout(look, this.#settings.pollInterval);
    };
    this.#polling = setTimeout(look, this.#settings.pollInterval);
  }

  async #waiting(): Promise<number> {
    const { channel } = await this.#connected();
    let count = 0;
    for (const queue of this.#watched) count += (await channel.checkQueue(queue)).messageCount;
    return count;
  }

  async #listen({ channel }: Link): Promise<void> {
    if (this.#control === undefined) return;
    const { worker, handler } = this.#control;
    await channel.assertExchange('celery.pidbox', 'fanout', { durable: false });
    const { queue } = await channel.assertQueue(`${worker}.celery.pidbox`, {
      durable: false,
      autoDelete: true,
      expires: 10_000,
      messageTtl: 300_000,
    });
    await channel.bindQueue(queue, 'celery.pidbox', '');
    const onMessage = (message: GetMessage | null): void => {
      if (message !== null)
        void handler({ body: message.content.toString('utf8'), headers: record(message.properties.headers) });
    };
    await channel.consume(queue, onMessage as Parameters<Channel['consume']>[1], { noAck: true });
  }

  #connected(): Promise<Link> {
    this.#link ??= this.#open();
    return this.#link;
  }

  async #open(): Promise<Link> {
    const amqp = await load();
    const end = performance.now() + (this.#settings.whenUnreachable === 'wait' ? Number.POSITIVE_INFINITY : 4000);
    for (let pause = 50; ; pause = Math.min(500, pause * 2)) {
      try {
        return await this.#try(amqp);
      } catch (error) {
        if (this.#isClosed || performance.now() + pause > end) {
          this.#link = undefined;
          throw unreachable(this.label, error);
        }
        await new Promise((resolve) => setTimeout(resolve, pause));
      }
    }
  }

  async #try(amqp: typeof import('amqplib')): Promise<Link> {
    const url = new URL(this.#settings.url);
    url.searchParams.set('heartbeat', String(heartbeat));
    const connection = await amqp.connect(url.href, { timeout: 5000 });
    const drop = (): void => {
      this.#link = undefined;
      this.#context?.host.interrupt();
    };
    connection.on('error', () => {});
    connection.on('close', drop);
    const channel = await connection.createChannel();
    const confirms = await connection.createConfirmChannel();
    for (const one of [channel, confirms]) {
      one.on('error', (error) => this.#context?.host.log.error({ err: error }, 'RabbitMQ closed a channel'));
      one.on('close', () => void connection.close().catch(() => {}));
    }
    const link: Link = { connection, channel, confirms, declared: new Set() };
    await this.#listen(link);
    return link;
  }
}

async function load(): Promise<typeof import('amqplib')> {
  try {
    return await import('amqplib');
  } catch (cause) {
    throw new CortadoError(
      'CORTADO_QUEUE_URL',
      'A celery+amqp:// queue needs the package amqplib: run `npm install amqplib`.',
      { cause },
    );
  }
}

function unreachable(label: string, cause: unknown): CortadoError {
  const message = `RabbitMQ at ${label} cannot be reached: ${(cause as Error).message}`;
  return new CortadoError('CORTADO_QUEUE_UNREACHABLE', message, {
    cause,
    status: 503,
    headers: { 'retry-after': '5' },
  });
}

function rawMessage({ content, properties }: GetMessage): RawMessage {
  return {
    body: content,
    headers: record(properties.headers),
    properties: {
      correlation_id: properties.correlationId,
      reply_to: properties.replyTo,
      ...(typeof properties.priority === 'number' ? { priority: properties.priority } : {}),
    },
    contentType: properties.contentType,
  };
}

// A body that is no text cannot run, and need not be kept as it is.
function pack({ body, headers, properties, contentType }: RawMessage, queue: string): string {
  const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8');
  return JSON.stringify({ body: text, headers, properties, contentType, contentEncoding: 'utf-8', queue });
}

/**
 * Headers as an AMQP table. Left alone, amqplib writes integers from 128 to 32,767 with the mark `s`, which Python's amqp reads as a text of
 * that length, and dies.
 */
function table(values: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, field(value)]));
}

function field(value: unknown): unknown {
  if (typeof value === 'number' && Number.isSafeInteger(value))
    return { '!': Math.abs(value) < 2 ** 31 ? 'int32' : 'int64', value };
  if (Array.isArray(value)) return value.map(field);
  return typeof value === 'object' && value !== null ? table(value as Record<string, unknown>) : value;
}

function heldKey({ id, token }: ClaimRef): string {
  return `${token} ${id}`;
}
