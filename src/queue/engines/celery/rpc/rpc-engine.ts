import type { Channel, GetMessage } from 'amqplib';
import { CortadoError } from '../../../../base/error.ts';
import { shownUrl } from '../../../../base/show/shown-url.ts';
import { uuid } from '../../../../base/uuid.ts';
import { type Capabilities, outsidePromises } from '../../../contract/capabilities.ts';
import type { Engine, EngineHost, NewTask, OpenEngine, TaskStorage } from '../../../contract/engine.ts';
import { farewell } from '../../../contract/farewell.ts';
import { PartialFailure } from '../../../contract/partial-failure.ts';
import type { Signature } from '../../../contract/signature.ts';
import { isFinal } from '../../../contract/task-record.ts';
import { Watchers } from '../../../contract/watchers.ts';
import type { AmqpLink } from '../brokers/amqp-connection.ts';
import { AmqpConnection, rabbitUnreachable } from '../brokers/amqp-connection.ts';
import { type Packed, sendCommand, sendTasks } from '../brokers/amqp-send.ts';
import type { CelerySettings } from '../brokers/celery-options.ts';
import { expectedTasks } from '../messages/expected-tasks.ts';
import { freeze, withQueueNames } from '../messages/freeze.ts';
import { newMessage } from '../messages/new-message.ts';
import { expand, type Parent } from '../messages/outgoing.ts';
import { encodeRevoke } from '../wire/control.ts';
import { decodeJson } from '../wire/decode-json.ts';
import { encodeJson } from '../wire/encode-json.ts';
import { encodeTask } from '../wire/encode-task.ts';
import { decodeResult, readResult } from '../wire/result.ts';
import { decodeSignature, decodeSignatures, withOptions } from '../wire/signature.ts';
import { SentTasks } from './sent-tasks.ts';

// Milliseconds between two tries to have a lost connection again.
const pause = 1000;

/** A client of Celery that has nothing but RabbitMQ, as Celery's own with `rpc://`: it sends, and is told by workers how it went. */
export function rpcEngine(settings: CelerySettings): Engine {
  const { maxPriority, defaultPriority } = settings;
  const priority = maxPriority !== undefined && { min: -defaultPriority, max: maxPriority - defaultPriority };
  const label = `celery+${shownUrl(settings.url)}?backend=rpc://`;
  return {
    kind: 'celery',
    label,
    capabilities: { ...promised, priority },
    async open(host) {
      const open = rpcClient(settings, label, host);
      try {
        await open.connect();
      } catch (error) {
        await open.close(AbortSignal.timeout(1000));
        throw error;
      }
      return open;
    },
  };
}

function rpcClient(
  settings: CelerySettings,
  label: string,
  host: EngineHost,
): OpenEngine & { connect(): Promise<void> } {
  const sent = new SentTasks(settings.resultExpires);
  const watchers = new Watchers();
  let timer: NodeJS.Timeout | undefined;
  let isClosed = false;

  const replies = new Replies((text, id) => {
    const meta = id === undefined ? decodeResult(text) : readResult(id, text);
    if (meta === undefined) return;
    sent.observe(meta, host.clock.now());
    watchers.notify(meta.id);
  });

  // Results come whether anything is sent or not, so a lost connection is made again at once.
  const stay = (): void => {
    clearTimeout(timer);
    if (!isClosed) timer = setTimeout(() => void connection.link().catch(stay), pause);
  };
  const connection = new AmqpConnection(settings, stay);
  connection.onOpen = (link) => replies.listen(link);

  const brokerQueue = (queue: string): string => (queue === 'default' ? settings.queue : queue);
  const queueOf = (task: string): string => brokerQueue(host.tasks.queueOf(task) ?? 'default');

  function pack(task: NewTask): Packed {
    const { defaultPriority, maxPriority } = settings;
    const message = newMessage({
      ...task,
      eta: task.runAt > task.createdAt ? task.runAt : undefined,
      priority: maxPriority === undefined ? undefined : defaultPriority + task.priority,
      replyTo: replies.queue,
      positional: host.tasks.positionalOf(task.name),
    });
    return { ...encodeTask(message), queue: brokerQueue(task.queue) };
  }

  // RabbitMQ has them when it resolves. Whoever is told that it failed sends again: what arrived all the same runs twice.
  async function send(
    tasks: readonly NewTask[],
    packed: readonly Packed[],
  ): Promise<readonly (CortadoError | undefined)[]> {
    const link = await connection.link();
    for (const task of tasks) sent.add(task);
    const { maxPriority } = settings;
    const onOdd = (queue: string, what: string, error: Error): void => host.log.warn({ queue, err: error }, what);
    const problems = await sendTasks(link, packed, { maxPriority, onOdd });
    return problems.map((problem) => problem && rabbitUnreachable(label, problem));
  }

  async function leave(): Promise<void> {
    if (connection.isOpen) await replies.delete(await connection.link());
    await connection.close();
  }

  const storage: TaskStorage = {
    parse: decodeJson,
    stringify: encodeJson,

    async enqueue(tasks) {
      const problems = await send(tasks, tasks.map(pack));
      for (const [at, { id }] of tasks.entries()) if (problems[at] !== undefined) sent.delete(id);
      const problem = problems.find((one) => one !== undefined);
      if (problem !== undefined) throw tasks.length === 1 ? problem : new PartialFailure(problems);
      return tasks.map(({ id }) => ({ id, created: true }));
    },

    async sendSignature(given) {
      const signature = withReplyTo(given, replies.queue);
      const parent: Parent = { queueOf, now: host.clock.now(), replyTo: replies.queue };
      const frozen = freeze(withQueueNames(signature, queueOf));
      const expansion = expand(frozen, parent);
      if (expansion.chords.length > 0) throw noChords(label);
      const expected = expectedTasks(frozen, parent);
      const packed = expansion.sends.map(({ wire, to }) => ({ ...wire, ...to }));
      const problem = (await send(expected, packed)).find((one) => one !== undefined);
      if (problem === undefined) return;
      for (const { id } of expected) sent.delete(id);
      throw problem;
    },

    async get(id) {
      return sent.get(id, host.clock.now());
    },

    async cancel(id) {
      const task = sent.get(id, host.clock.now());
      if (task === undefined) return undefined;
      if (isFinal(task.state)) return 'over';
      await sendCommand(await connection.link(), encodeRevoke(id), 1);
      return 'requested';
    },

    watch: (id, listener) => watchers.add(id, listener),
  };

  return {
    storage,
    connect: () => connection.open(),
    async close(signal) {
      isClosed = true;
      clearTimeout(timer);
      await farewell(leave(), signal);
    },
  };
}

/** What RabbitMQ and workers that answer promise by themselves. */
const promised: Omit<Capabilities, 'priority'> = {
  ...outsidePromises,
  work: false,
  signatures: true,
  unique: false,
  idempotent: false,
  results: 'sender',
  knowsIds: false,
  cancel: 'asked',
  cancelRunning: 'asked',
  fencing: false,
  recovery: false,
  progress: false,
  logs: false,
  list: false,
  counts: false,
  retry: false,
  prune: false,
  schedules: false,
  flows: false,
  queueConcurrency: false,
  queueRate: false,
};

function noChords(label: string): CortadoError {
  return new CortadoError(
    'CORTADO_QUEUE_UNSUPPORTED',
    `The celery engine (${label}) cannot count the parts of a chord: give it backend=redis://…`,
    { status: 501 },
  );
}

const composed = ['celery.chain', 'celery.group'];

/** The signature, and all that it is made of or leads to, with the queue that results go to. */
function withReplyTo(signature: Signature, replyTo: string): Signature {
  const { kwargs, options } = signature;
  const parts = composed.includes(signature.task) ? { tasks: all(kwargs['tasks'], replyTo) } : {};
  const links = ['link', 'link_error'].filter((name) => options[name] !== undefined);
  const followed = Object.fromEntries(links.map((name) => [name, all(options[name], replyTo)]));
  return withOptions({ ...signature, kwargs: { ...kwargs, ...parts } }, { ...followed, reply_to: replyTo });
}

function all(value: unknown, replyTo: string): Signature[] {
  const single = decodeSignature(value);
  return (single === undefined ? decodeSignatures(value) : [single]).map((part) => withReplyTo(part, replyTo));
}

// Milliseconds. Longer than a connection is away, so that results wait here meanwhile.
const keptFor = 600_000;

/** The queue that the results of this process's tasks come to. Only Celery's client needs one with Celery's own arguments; workers ask for none. */
class Replies {
  readonly queue: string = uuid(Date.now());
  readonly #onReply: (text: string, id: string | undefined) => void;

  constructor(onReply: (text: string, id: string | undefined) => void) {
    this.#onReply = onReply;
  }

  /** Listens on a connection, which may be a new one. */
  async listen(link: AmqpLink): Promise<void> {
    const channel = await link.channel('results');
    await channel.assertQueue(this.queue, { durable: true, expires: keptFor });
    const onMessage = (message: GetMessage | null): void => {
      if (message === null) return;
      const { correlationId } = message.properties as { correlationId?: unknown };
      this.#onReply(message.content.toString('utf8'), typeof correlationId === 'string' ? correlationId : undefined);
    };
    await channel.consume(this.queue, onMessage as Parameters<Channel['consume']>[1], { noAck: true });
    // Made anew with the connection.
    channel.once('close', () => void link.connection.close().catch(() => {}));
  }

  async delete(link: AmqpLink): Promise<void> {
    await (await link.channel('results')).deleteQueue(this.queue);
  }
}
