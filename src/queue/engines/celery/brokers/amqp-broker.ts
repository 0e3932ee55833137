import type { Channel, GetMessage } from 'amqplib';
import { shownUrl } from '../../../../base/show/shown-url.ts';
import { claimKey } from '../../../contract/claim-key.ts';
import type { QueueDemand } from '../../../contract/engine.ts';
import type { Delivery } from '../../ledger/ledger-arguments.ts';
import type { LedgerTask } from '../../ledger/ledger-record.ts';
import { amqpScripts } from '../lua/amqp-scripts.ts';
import { metaOf } from '../results/states.ts';
import { decodeTask } from '../wire/decode-task.ts';
import { AmqpConnection, type AmqpLink } from './amqp-connection.ts';
import { pack, passing, rawMessage } from './amqp-messages.ts';
import { AmqpRemote } from './amqp-remote.ts';
import { type Declaring, declareQueue, type Packed, refuse, sendCommand, sendTasks } from './amqp-send.ts';
import { type Broker, type BrokerContext, queueName, type Received } from './broker.ts';
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

// What the ledger has noted to be sent: under a number, which it is told once that is done.
interface Note {
  readonly number: string;
  readonly text: string;
}

// Milliseconds between two warnings about one queue.
const warnEvery = 60_000;

/** RabbitMQ as Celery uses it. Messages are fetched one by one, so that none waits in a worker while another is idle. */
export function amqpBroker(settings: CelerySettings): Broker {
  const { maxPriority, defaultPriority } = settings;
  const held = new Map<string, Held>();
  const warned = new Map<string, number>();
  // Numbers of what could not be sent, and is sent alone from then on: RabbitMQ may close the channel over it.
  const failed = new Set<string>();
  let host: BrokerContext['host'];
  let ledger: CeleryLedger;
  let poll: Poll | undefined;

  const connection = new AmqpConnection(settings, () => host?.interrupt());
  const channelFor = async (purpose: string): Promise<Channel> => (await connection.link()).channel(purpose);
  const remote = new AmqpRemote(channelFor, (error) =>
    warn('celery.pidbox', error, 'this worker hears no remote control commands'),
  );
  connection.onOpen = (link) => remote.listen(link);
  const declaring: Declaring = { maxPriority, onOdd: (queue, what, error) => warn(queue, error, what) };

  // A queue that cannot be used stays so, and is tried every few seconds.
  function warn(queue: string, error: Error, what: string): void {
    const key = `${queue} ${error.message}`;
    const now = performance.now();
    if (now - (warned.get(key) ?? Number.NEGATIVE_INFINITY) < warnEvery) return;
    warned.set(key, now);
    host.log.warn({ queue, err: error }, what);
  }

  // Never rejects: what cannot be sent stays noted.
  async function publish(outgoing: readonly string[]): Promise<void> {
    const notes = outgoing.map((item): Note => {
      const cut = item.indexOf('\n');
      return { number: item.slice(0, cut), text: item.slice(cut + 1) };
    });
    try {
      const link = await connection.link();
      const alone = notes.filter(({ number }) => failed.has(number));
      const together = notes.filter(({ number }) => !failed.has(number));
      const sent = await sendNotes(link, together);
      for (const note of alone) sent.push(...(await sendNotes(link, [note])));
      if (sent.length > 0) await ledger.sent(sent, ['*']);
    } catch (error) {
      host.log.warn({ err: error, tasks: outgoing.length }, 'tasks are stored, and will be sent to RabbitMQ later');
    }
  }

  /** Numbers of those that RabbitMQ has now. */
  async function sendNotes(link: AmqpLink, notes: readonly Note[]): Promise<string[]> {
    const waiting = notes.filter(({ text }) => text !== '');
    const tasks = waiting.map(({ text }) => JSON.parse(text) as Packed);
    const problems = await sendTasks(link, tasks, declaring);
    const unsent = new Set<string>();
    for (const [at, { number }] of waiting.entries()) {
      const problem = problems[at];
      failed.delete(number);
      if (problem === undefined) continue;
      failed.add(number);
      unsent.add(number);
      warn(queueName(tasks[at]!), problem, 'tasks of a queue are stored, and will be sent to RabbitMQ later');
    }
    return notes.map(({ number }) => number).filter((number) => !unsent.has(number));
  }

  async function take(link: AmqpLink, queue: string, demand: QueueDemand, room: number, taken: Taken[]): Promise<void> {
    const { limit, concurrency, rate } = demand;
    const most = Math.min(limit, room, await ledger.room(demand));
    if (most <= 0) return;
    const channel = await link.channel(`queue ${queue}`);
    for (let count = 0; count < most; count++) {
      const message = await channel.get(queue);
      if (message === false) break;
      const raw = rawMessage(message);
      const decoded = decodeTask(raw, host.payloadLimit);
      const id = decoded.ok ? decoded.message.id : decoded.id;
      if (id === undefined) {
        const text = message.content.toString('utf8').slice(0, 1000);
        host.log.error({ queue, message: text }, 'a message without an id was dropped');
        acknowledge(channel, message);
        continue;
      }
      const packed = pack(raw, queue);
      const name = decoded.ok ? decoded.message.task : (decoded.task ?? '');
      const delivery = { id, queue: demand.queue, name, message: packed, concurrency, rate };
      taken.push({ channel, message, decoded, packed, delivery });
    }
  }

  async function sendResult(replyTo: string, id: string, meta: string): Promise<void> {
    const channel = await channelFor('results');
    channel.publish('', replyTo, Buffer.from(meta), { ...passing, correlationId: id });
  }

  // Of a task that was over before it came here, or whose worker was lost before it could reply.
  async function tellAgain(task: LedgerTask | undefined, decoded: Received['decoded']): Promise<void> {
    if (!settings.rpc || task === undefined || !decoded.ok || !decoded.message.replyTo) return;
    const meta = metaOf(task.record, decoded.message);
    if (meta !== undefined) await sendResult(decoded.message.replyTo, task.record.id, meta);
  }

  async function countWaiting(queues: readonly string[]): Promise<number> {
    const link = await connection.link();
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

  return {
    label: `celery+${shownUrl(settings.url)}`,
    redis: undefined,
    priorities: maxPriority === undefined ? false : { min: -defaultPriority, max: maxPriority - defaultPriority },
    priorityNumber: (priority) => (maxPriority === undefined ? undefined : defaultPriority + priority),

    connect: () => connection.open(),

    open(context) {
      host = context.host;
      poll = new Poll(settings.pollInterval, countWaiting, host.wake);
      ledger = new CeleryLedger({ ...context, url: settings.backend, publish }, amqpScripts, settings);
      return ledger;
    },

    async close() {
      poll?.stop();
      remote.close();
      held.clear();
      await connection.close();
    },

    async maintain() {},

    pack: (message, to) => JSON.stringify({ ...message, ...to } satisfies Packed),

    unpack(packed) {
      const { body, headers, properties, contentType } = JSON.parse(packed) as Packed;
      return { body: Buffer.from(body), headers, properties, contentType };
    },

    async claim({ worker, lease, limit, queues }, brokerQueue) {
      const link = await connection.link();
      const taken: Taken[] = [];
      const watched: string[] = [];
      for (const demand of queues) {
        const queue = brokerQueue(demand.queue);
        try {
          await declareQueue(link, queue, declaring);
          watched.push(queue);
          await take(link, queue, demand, limit - taken.length, taken);
        } catch (error) {
          refuse(link, queue, error as Error);
          if (!connection.isOpen) throw error;
          warn(queue, error as Error, 'a queue cannot be served; it is tried again, and the others go on');
        }
      }
      if (taken.length < limit) poll?.watch(watched);
      if (taken.length === 0) return [];
      const deliveries = taken.map(({ delivery }) => delivery);
      const starts = await ledger.start(worker, lease, deliveries);
      const dropped = starts.map(({ verdict, task }, at) => verdict === 'drop' && tellAgain(task, taken[at]!.decoded));
      await Promise.all(dropped);
      return starts.flatMap(({ verdict, task }, at): Received[] => {
        const { channel, message, decoded, packed } = taken[at]!;
        if (verdict === 'later') giveBack(channel, message);
        else if (verdict === 'drop' || verdict === 'hold') acknowledge(channel, message);
        else {
          held.set(claimKey({ id: task!.record.id, token: task!.token }), { channel, message });
          return [{ verdict, task: task!, decoded, packed }];
        }
        return [];
      });
    },

    settled(claims) {
      for (const claim of claims) {
        const delivery = held.get(claimKey(claim));
        held.delete(claimKey(claim));
        if (delivery !== undefined) acknowledge(delivery.channel, delivery.message);
      }
    },

    sendResult,
    sendEvents: (events) => remote.sendEvents(events),
    broadcast: async (body, clock) => sendCommand(await connection.link(), body, clock),
    onControl: async (worker, handler) => remote.onControl(worker, handler, await connection.link()),
    reply: (reply) => remote.reply(reply),
  };
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
