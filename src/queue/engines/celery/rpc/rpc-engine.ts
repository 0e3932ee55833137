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
import { AmqpConnection, type AmqpLink, consume, rabbitUnreachable } from '../brokers/amqp-connection.ts';
import { type Packed, sendCommand, sendTasks } from '../brokers/amqp-send.ts';
import type { CelerySettings } from '../brokers/celery-options.ts';
import { expectedTasks } from '../messages/expected-tasks.ts';
import { freeze, mapParts, withQueueNames } from '../messages/freeze.ts';
import { newMessage } from '../messages/new-message.ts';
import { expand, type Parent } from '../messages/outgoing.ts';
import { encodeRevoke } from '../wire/control.ts';
import { decodeJson } from '../wire/decode-json.ts';
import { encodeJson } from '../wire/encode-json.ts';
import { encodeTask } from '../wire/encode-task.ts';
import { decodeResult, readResult } from '../wire/result.ts';
import { withOptions } from '../wire/signature.ts';
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
    open: (host) => openClient(settings, label, host),
  };
}

// Milliseconds. Longer than a connection is away, so that results wait here meanwhile.
const keptFor = 600_000;

async function openClient(settings: CelerySettings, label: string, host: EngineHost): Promise<OpenEngine> {
  const sent = new SentTasks(settings.resultExpires);
  const watchers = new Watchers();
  let timer: NodeJS.Timeout | undefined;
  let isClosed = false;

  /** The results of this process's tasks come to it. Only Celery's client needs one with Celery's own arguments; workers ask for none. */
  const replyQueue = uuid(Date.now());

  // On a connection that may be a new one.
  async function listen(link: AmqpLink): Promise<void> {
    const channel = await link.channel('results');
    await channel.assertQueue(replyQueue, { durable: true, expires: keptFor });
    await consume(link, channel, replyQueue, ({ content, properties }) => {
      const { correlationId: id } = properties as { correlationId?: unknown };
      const text = content.toString('utf8');
      const meta = typeof id === 'string' ? readResult(id, text) : decodeResult(text);
      if (meta === undefined) return;
      sent.observe(meta, host.clock.now());
      watchers.notify(meta.id);
    });
  }

  // Results come whether anything is sent or not, so a lost connection is made again at once.
  const stay = (): void => {
    clearTimeout(timer);
    if (!isClosed) timer = setTimeout(() => void connection.link().catch(stay), pause);
  };
  const connection = new AmqpConnection(settings, stay);
  connection.onOpen = listen;

  const brokerQueue = (queue: string): string => (queue === 'default' ? settings.queue : queue);
  const queueOf = (task: string): string => brokerQueue(host.tasks.queueOf(task) ?? 'default');

  function pack(task: NewTask): Packed {
    const { defaultPriority, maxPriority } = settings;
    const message = newMessage({
      ...task,
      eta: task.runAt > task.createdAt ? task.runAt : undefined,
      priority: maxPriority === undefined ? undefined : defaultPriority + task.priority,
      replyTo: replyQueue,
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
    if (connection.isOpen) {
      const channel = await (await connection.link()).channel('results');
      await channel.deleteQueue(replyQueue);
    }
    await connection.close();
  }

  async function close(signal: AbortSignal): Promise<void> {
    isClosed = true;
    clearTimeout(timer);
    await farewell(leave(), signal);
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
      const signature = withReplyTo(given, replyQueue);
      const parent: Parent = { queueOf, now: host.clock.now(), replyTo: replyQueue };
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

  try {
    await connection.open();
  } catch (error) {
    await close(AbortSignal.timeout(1000));
    throw error;
  }
  return { storage, close };
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

/** The signature, and all that it is made of or leads to, with the queue that results go to. */
function withReplyTo(signature: Signature, replyTo: string): Signature {
  const all = mapParts(signature, (part) => withReplyTo(part, replyTo));
  return withOptions(all, { reply_to: replyTo });
}
