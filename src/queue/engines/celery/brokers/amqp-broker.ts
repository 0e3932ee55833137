import type { Channel, GetMessage } from 'amqplib';
import { shownUrl } from '../../../../base/show/shown-url.ts';
import { claimKey } from '../../../contract/claim-key.ts';
import type { ClaimRef, ClaimRequest, QueueDemand } from '../../../contract/engine.ts';
import type { Delivery } from '../../ledger/ledger-arguments.ts';
import type { LedgerTask } from '../../ledger/ledger-record.ts';
import { amqpScripts } from '../lua/amqp-scripts.ts';
import { metaOf } from '../results/states.ts';
import { decodeTask, type RawMessage } from '../wire/decode-task.ts';
import type { WireEvent } from '../wire/event.ts';
import type { WireMessage } from '../wire/task-message.ts';
import { AmqpConnection, type AmqpLink } from './amqp-connection.ts';
import { pack, rawMessage } from './amqp-messages.ts';
import { AmqpRemote } from './amqp-remote.ts';
import { type Declaring, declareQueue, type Packed, refuse, sendCommand, sendTasks } from './amqp-send.ts';
import type { Broker, BrokerContext, ControlCall, ControlReply, MessageRoute, Received } from './broker.ts';
import { queueName } from './broker.ts';
import { CeleryLedger } from './celery-ledger.ts';
import type { CelerySettings } from './celery-options.ts';
import { Poll } from './poll.ts';

interface Held {
  readonly channel: Channel;
  readonly message: GetMessage;
}

interface Taken extends Held {
  readonly delivery: Delivery;
  readonly decoded: Received['decoded'];
  readonly packed: string;
}

// Milliseconds between two warnings about one queue.
const warnEvery = 60_000;

/** RabbitMQ as Celery uses it. Messages are fetched one by one, so that none waits in a worker while another is idle. */
export class AmqpBroker implements Broker {
  readonly label: string;
  readonly redis = undefined;
  readonly priorities: Broker['priorities'];
  readonly #settings: CelerySettings;
  readonly #held = new Map<string, Held>();
  #host!: BrokerContext['host'];
  #ledger!: CeleryLedger;
  readonly #connection: AmqpConnection;
  readonly #declaring: Declaring;
  readonly #warned = new Map<string, number>();
  // Numbers of what could not be sent, and is sent alone from then on: RabbitMQ may close the channel over it.
  readonly #failed = new Set<string>();
  #poll: Poll | undefined;
  readonly #remote: AmqpRemote;

  constructor(settings: CelerySettings) {
    this.#settings = settings;
    this.label = `celery+${shownUrl(settings.url)}`;
    const { maxPriority, defaultPriority } = settings;
    this.priorities = maxPriority === undefined ? false : { min: -defaultPriority, max: maxPriority - defaultPriority };
    this.#declaring = { maxPriority, onOdd: (queue, what, error) => this.#warn(queue, error, what) };
    this.#connection = new AmqpConnection(settings, () => this.#host?.interrupt());
    this.#remote = new AmqpRemote(
      (purpose) => this.#channel(purpose),
      (error) => this.#warn('celery.pidbox', error, 'this worker hears no remote control commands'),
    );
    this.#connection.onOpen = (link) => this.#remote.listen(link);
  }

  readonly priorityNumber = (priority: number): number | undefined =>
    this.#settings.maxPriority === undefined ? undefined : this.#settings.defaultPriority + priority;

  async connect(): Promise<void> {
    await this.#connection.open();
  }

  open({ host, redis, prefix }: BrokerContext): CeleryLedger {
    this.#host = host;
    this.#poll = new Poll(this.#settings.pollInterval, (queues) => this.#waiting(queues), host.wake);
    const publish = (notes: readonly string[]): Promise<void> => this.#publish(notes);
    const { backend: url } = this.#settings;
    this.#ledger = new CeleryLedger({ redis, url, prefix, host, publish }, amqpScripts, this.#settings);
    return this.#ledger;
  }

  async close(): Promise<void> {
    this.#poll?.stop();
    this.#remote.close();
    this.#held.clear();
    await this.#connection.close();
  }

  async maintain(): Promise<void> {}

  pack(message: WireMessage, to: MessageRoute): string {
    return JSON.stringify({ ...message, ...to } satisfies Packed);
  }

  unpack(packed: string): RawMessage {
    const { body, headers, properties, contentType } = JSON.parse(packed) as Packed;
    return { body: Buffer.from(body), headers, properties, contentType };
  }

  // Never rejects: what cannot be sent stays noted.
  async #publish(outgoing: readonly string[]): Promise<void> {
    const notes = outgoing.map((item) => {
      const cut = item.indexOf('\n');
      return { number: item.slice(0, cut), text: item.slice(cut + 1) };
    });
    try {
      const link = await this.#connection.link();
      const alone = notes.filter(({ number }) => this.#failed.has(number));
      const together = notes.filter(({ number }) => !this.#failed.has(number));
      const sent = await this.#sendNotes(link, together);
      for (const note of alone) sent.push(...(await this.#sendNotes(link, [note])));
      if (sent.length === 0) return;
      await this.#ledger.sent(sent, ['*']);
    } catch (error) {
      this.#host.log.warn(
        { err: error, tasks: outgoing.length },
        'tasks are stored, and will be sent to RabbitMQ later',
      );
    }
  }

  /** Numbers of those that RabbitMQ has now. */
  async #sendNotes(
    link: AmqpLink,
    notes: readonly { readonly number: string; readonly text: string }[],
  ): Promise<string[]> {
    const waiting = notes.filter(({ text }) => text !== '');
    const tasks = waiting.map(({ text }) => JSON.parse(text) as Packed);
    const problems = await sendTasks(link, tasks, this.#declaring);
    const unsent = new Map<string, Error>();
    for (const [at, { number }] of waiting.entries()) {
      const problem = problems[at];
      this.#failed.delete(number);
      if (problem === undefined) continue;
      this.#failed.add(number);
      unsent.set(number, problem);
      this.#warn(queueName(tasks[at]!), problem, 'tasks of a queue are stored, and will be sent to RabbitMQ later');
    }
    return notes.map(({ number }) => number).filter((number) => !unsent.has(number));
  }

  // A queue that cannot be used stays so, and is tried every few seconds.
  #warn(queue: string, error: Error, what: string): void {
    const key = `${queue} ${error.message}`;
    const now = performance.now();
    if (now - (this.#warned.get(key) ?? Number.NEGATIVE_INFINITY) < warnEvery) return;
    this.#warned.set(key, now);
    this.#host.log.warn({ queue, err: error }, what);
  }

  async claim(request: ClaimRequest, brokerQueue: (queue: string) => string): Promise<readonly Received[]> {
    const link = await this.#connection.link();
    const taken: Taken[] = [];
    const watched: string[] = [];
    for (const demand of request.queues) {
      const queue = brokerQueue(demand.queue);
      try {
        await declareQueue(link, queue, this.#declaring);
        watched.push(queue);
        await this.#take(link, queue, demand, request.limit - taken.length, taken);
      } catch (error) {
        refuse(link, queue, error as Error);
        if (!this.#connection.isOpen) throw error;
        this.#warn(queue, error as Error, 'a queue cannot be served; it is tried again, and the others go on');
      }
    }
    if (taken.length < request.limit) this.#poll?.watch(watched);
    if (taken.length === 0) return [];
    const starts = await this.#ledger.start(
      request.worker,
      request.lease,
      taken.map(({ delivery }) => delivery),
    );
    const dropped = starts.map(
      ({ verdict, task }, at) => verdict === 'drop' && this.#tellAgain(task, taken[at]!.decoded),
    );
    await Promise.all(dropped);
    return starts.flatMap(({ verdict, task }, at): Received[] => {
      const { channel, message, decoded, packed } = taken[at]!;
      if (verdict === 'later') giveBack(channel, message);
      else if (verdict === 'drop' || verdict === 'hold') acknowledge(channel, message);
      else {
        this.#held.set(claimKey({ id: task!.record.id, token: task!.token }), { channel, message });
        return [{ verdict, task: task!, decoded, packed }];
      }
      return [];
    });
  }

  async #take(link: AmqpLink, queue: string, demand: QueueDemand, room: number, taken: Taken[]): Promise<void> {
    const { limit, concurrency, rate } = demand;
    const most = Math.min(limit, room, await this.#ledger.room(demand));
    if (most <= 0) return;
    const channel = await link.channel(`queue ${queue}`);
    for (let count = 0; count < most; count++) {
      const message = await channel.get(queue);
      if (message === false) break;
      const raw = rawMessage(message);
      const decoded = decodeTask(raw, this.#host.payloadLimit);
      const id = decoded.ok ? decoded.message.id : decoded.id;
      if (id === undefined) {
        const text = message.content.toString('utf8').slice(0, 1000);
        this.#host.log.error({ queue, message: text }, 'a message without an id was dropped');
        acknowledge(channel, message);
        continue;
      }
      const packed = pack(raw, queue);
      const name = decoded.ok ? decoded.message.task : (decoded.task ?? '');
      const delivery = { id, queue: demand.queue, name, message: packed, concurrency, rate };
      taken.push({ channel, message, decoded, packed, delivery });
    }
  }

  settled(claims: readonly ClaimRef[]): void {
    for (const claim of claims) {
      const held = this.#held.get(claimKey(claim));
      this.#held.delete(claimKey(claim));
      if (held !== undefined) acknowledge(held.channel, held.message);
    }
  }

  sendEvents(events: readonly WireEvent[]): Promise<void> {
    return this.#remote.sendEvents(events);
  }

  async broadcast(body: string, clock: number): Promise<void> {
    await sendCommand(await this.#connection.link(), body, clock);
  }

  async onControl(worker: string, handler: (call: ControlCall) => Promise<void>): Promise<void> {
    await this.#remote.onControl(worker, handler, await this.#connection.link());
  }

  reply(reply: ControlReply): Promise<void> {
    return this.#remote.reply(reply);
  }

  // Of a task that was over before it came here, or whose worker was lost before it could reply.
  async #tellAgain(task: LedgerTask | undefined, decoded: Received['decoded']): Promise<void> {
    if (!this.#settings.rpc || task === undefined || !decoded.ok || !decoded.message.replyTo) return;
    const meta = metaOf(task.record, decoded.message);
    if (meta !== undefined) await this.sendResult(decoded.message.replyTo, task.record.id, meta);
  }

  /** Sends a result to the reply queue of whoever waits for it. */
  async sendResult(replyTo: string, id: string, meta: string): Promise<void> {
    const channel = await this.#channel('results');
    const options = { contentType: 'application/json', contentEncoding: 'utf-8', deliveryMode: 1, correlationId: id };
    channel.publish('', replyTo, Buffer.from(meta), options);
  }

  async #waiting(queues: readonly string[]): Promise<number> {
    const link = await this.#connection.link();
    let count = 0;
    for (const queue of queues) {
      const look = async (): Promise<number> => {
        const channel = await link.channel(`queue ${queue}`);
        return (await channel.checkQueue(queue)).messageCount;
      };
      count += await look().catch((error) => {
        refuse(link, queue, error as Error);
        return 0;
      });
    }
    return count;
  }

  async #channel(purpose: string): Promise<Channel> {
    return (await this.#connection.link()).channel(purpose);
  }
}

// Of a channel that is gone the broker delivers everything again, and the ledger drops it.
function acknowledge(channel: Channel, message: GetMessage): void {
  try {
    channel.ack(message);
  } catch {}
}

function giveBack(channel: Channel, message: GetMessage): void {
  try {
    channel.nack(message, false, true);
  } catch {}
}
