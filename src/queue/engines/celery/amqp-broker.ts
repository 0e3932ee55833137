import type { Channel, GetMessage } from 'amqplib';
import type { ClaimRef, ClaimRequest, QueueDemand } from '../../engine.ts';
import type { LedgerOptions } from '../ledger/ledger.ts';
import type { Delivery } from '../ledger/ledger-arguments.ts';
import type { LedgerTask } from '../ledger/ledger-record.ts';
import { withoutPassword } from '../ledger/redis-connection.ts';
import { AmqpConnection, type AmqpLink } from './amqp-connection.ts';
import { pack, rawMessage, table } from './amqp-messages.ts';
import { declareQueue, type Packed, sendCommand, sendTask } from './amqp-send.ts';
import type { Broker, BrokerContext, ControlCall, ControlReply, Received } from './broker.ts';
import type { CelerySettings } from './celery-options.ts';
import { databaseOf } from './redis-broker.ts';
import { amqpHooks, chordScripts } from './redis-lua.ts';
import { metaOf } from './states.ts';
import { decodeTask, type RawMessage } from './wire/decode-task.ts';
import { encodeJson } from './wire/encode-json.ts';
import { eventRoutingKey, type WireEvent } from './wire/event.ts';
import { record } from './wire/signature.ts';
import type { WireMessage } from './wire/task-message.ts';

interface Held {
  readonly link: AmqpLink;
  readonly message: GetMessage;
}

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
  readonly #connection: AmqpConnection;
  #polling: NodeJS.Timeout | undefined;
  #watched: readonly string[] = [];
  #control: { readonly worker: string; readonly handler: (call: ControlCall) => Promise<void> } | undefined;
  #isClosed = false;

  constructor(settings: CelerySettings) {
    this.#settings = settings;
    this.label = `celery+${withoutPassword(settings.url)}`;
    const { maxPriority, defaultPriority, backend } = settings;
    this.priorities = maxPriority === undefined ? false : { min: -defaultPriority, max: maxPriority - defaultPriority };
    const onError = (error: Error): void => this.#context?.host.log.error({ err: error }, 'RabbitMQ closed a channel');
    this.#connection = new AmqpConnection(settings, () => this.#context?.host.interrupt(), onError);
    this.#connection.onOpen = (link) => this.#listen(link);
    this.hooks = amqpHooks({ ...settings, database: databaseOf(backend), backendDatabase: databaseOf(backend) });
  }

  readonly priorityNumber = (priority: number): number | undefined =>
    this.#settings.maxPriority === undefined ? undefined : this.#settings.defaultPriority + priority;

  async connect(): Promise<void> {
    this.#isClosed = false;
    await this.#connection.open();
  }

  async open(context: BrokerContext): Promise<void> {
    this.#context = context;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#polling);
    this.#control = undefined;
    this.#held.clear();
    await this.#connection.close();
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
      const link = await this.#connection.link();
      const sent: string[] = [];
      for (const item of outgoing) {
        const cut = item.indexOf('\n');
        sent.push(item.slice(0, cut));
        if (cut + 1 < item.length)
          await sendTask(link, JSON.parse(item.slice(cut + 1)) as Packed, this.#settings.maxPriority);
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
    const link = await this.#connection.link();
    const taken: { message: GetMessage; delivery: Delivery; decoded: Received['decoded']; packed: string }[] = [];
    for (const demand of request.queues) {
      const queue = brokerQueue(demand.queue);
      await declareQueue(link, queue, this.#settings.maxPriority);
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
          delivery: { id, queue: demand.queue, name, message: packed, concurrency, rate },
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
    const dropped = starts.map(
      ({ verdict, task }, at) => verdict === 'drop' && this.#tellAgain(task, taken[at]!.decoded),
    );
    await Promise.all(dropped);
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
    const { channel } = await this.#connection.link();
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
    await sendCommand(await this.#connection.link(), body, clock);
  }

  async onControl(worker: string, handler: (call: ControlCall) => Promise<void>): Promise<void> {
    this.#control = { worker, handler };
    await this.#listen(await this.#connection.link());
  }

  async reply({ exchange, routingKey, ticket, body, clock }: ControlReply): Promise<void> {
    const { channel } = await this.#connection.link();
    await channel.assertExchange(exchange, 'direct', { durable: false });
    const options = {
      contentType: 'application/json',
      contentEncoding: 'utf-8',
      deliveryMode: 1,
      headers: table({ ticket, clock }),
    };
    channel.publish(exchange, routingKey, Buffer.from(body), options);
  }

  // Of a task that was over before it came here, or whose worker was lost before it could reply.
  async #tellAgain(task: LedgerTask | undefined, decoded: Received['decoded']): Promise<void> {
    if (!this.#settings.rpc || task === undefined || !decoded.ok || !decoded.message.replyTo) return;
    const meta = metaOf(task.record, decoded.message);
    if (meta !== undefined) await this.sendResult(decoded.message.replyTo, task.record.id, meta);
  }

  /** Sends a result to the reply queue of whoever waits for it. */
  async sendResult(replyTo: string, id: string, meta: string): Promise<void> {
    const { channel } = await this.#connection.link();
    const options = { contentType: 'application/json', contentEncoding: 'utf-8', deliveryMode: 1, correlationId: id };
    channel.publish('', replyTo, Buffer.from(meta), options);
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
    const { channel } = await this.#connection.link();
    let count = 0;
    for (const queue of this.#watched) count += (await channel.checkQueue(queue)).messageCount;
    return count;
  }

  async #listen({ channel }: AmqpLink): Promise<void> {
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
}

function heldKey({ id, token }: ClaimRef): string {
  return `${token} ${id}`;
}
