import { CortadoError } from '../../../../base/error.ts';
import { shownUrl } from '../../../../base/show/shown-url.ts';
import { allPromises, type Capabilities } from '../../../contract/capabilities.ts';
import type {
  CancelResult,
  Engine,
  EngineHost,
  Enqueued,
  NewTask,
  OpenEngine,
  TaskStorage,
} from '../../../contract/engine.ts';
import { farewell } from '../../../contract/farewell.ts';
import { PartialFailure } from '../../../contract/partial-failure.ts';
import type { Signature } from '../../../contract/signature.ts';
import { isFinal, type TaskRecord } from '../../../contract/task-record.ts';
import { Watchers } from '../../../contract/watchers.ts';
import { AmqpConnection, rabbitUnreachable } from '../brokers/amqp-connection.ts';
import { type Packed, sendCommand, sendTasks } from '../brokers/amqp-send.ts';
import type { CelerySettings } from '../brokers/celery-options.ts';
import { expectedTasks } from '../messages/expected-tasks.ts';
import { freeze, withQueueNames } from '../messages/freeze.ts';
import { newMessage } from '../messages/new-message.ts';
import { expand, type Parent } from '../messages/outgoing.ts';
import { encodeControl } from '../wire/control.ts';
import { decodeJson } from '../wire/decode-json.ts';
import { encodeJson } from '../wire/encode-json.ts';
import { encodeTask } from '../wire/encode-task.ts';
import { decodeResult, readResult } from '../wire/result.ts';
import { Replies } from './replies.ts';
import { withReplyTo } from './reply-to.ts';
import { SentTasks } from './sent-tasks.ts';

// Milliseconds between two tries to have a lost connection again.
const pause = 1000;

/** A client of Celery that has nothing but RabbitMQ, as Celery's own with `rpc://`: it sends, and is told by workers how it went. */
export class RpcEngine implements Engine {
  readonly kind = 'celery';
  readonly label: string;
  readonly capabilities: Capabilities;
  readonly #settings: CelerySettings;

  constructor(settings: CelerySettings) {
    this.#settings = settings;
    this.label = `celery+${shownUrl(settings.url)}?backend=rpc://`;
    const { maxPriority, defaultPriority } = settings;
    const priority = maxPriority !== undefined && { min: -defaultPriority, max: maxPriority - defaultPriority };
    this.capabilities = { ...promised, priority };
  }

  async open(host: EngineHost): Promise<OpenEngine> {
    const storage = new RpcStorage(this.#settings, this.label, host);
    const close = (signal: AbortSignal): Promise<void> => storage.close(signal);
    try {
      await storage.connect();
    } catch (error) {
      await close(AbortSignal.timeout(1000));
      throw error;
    }
    return { storage, close };
  }
}

class RpcStorage implements TaskStorage {
  readonly #label: string;
  readonly #host: EngineHost;
  readonly #settings: CelerySettings;
  readonly #connection: AmqpConnection;
  readonly #replies = new Replies((text, id) => this.#onReply(text, id));
  readonly #sent: SentTasks;
  readonly #watchers = new Watchers();
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(settings: CelerySettings, label: string, host: EngineHost) {
    this.#label = label;
    this.#host = host;
    this.#settings = settings;
    this.#sent = new SentTasks(settings.resultExpires);
    this.#connection = new AmqpConnection(settings, () => this.#stay());
    this.#connection.onOpen = (link) => this.#replies.listen(link);
  }

  connect(): Promise<void> {
    return this.#connection.open();
  }

  async close(signal: AbortSignal): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await farewell(this.#leave(), signal);
  }

  async enqueue(tasks: readonly NewTask[]): Promise<readonly Enqueued[]> {
    const problems = await this.#send(
      tasks,
      tasks.map((task) => this.#pack(task)),
    );
    for (const [at, { id }] of tasks.entries()) if (problems[at] !== undefined) this.#sent.delete(id);
    const problem = problems.find((one) => one !== undefined);
    if (problem !== undefined) throw tasks.length === 1 ? problem : new PartialFailure(problems);
    return tasks.map(({ id }) => ({ id, created: true }));
  }

  async sendSignature(given: Signature): Promise<void> {
    const now = this.#host.clock.now();
    const signature = withReplyTo(given, this.#replies.queue);
    const parent: Parent = { queueOf: this.#queueOf, now, replyTo: this.#replies.queue };
    const frozen = freeze(withQueueNames(signature, this.#queueOf));
    const expansion = expand(frozen, parent);
    if (expansion.chords.length > 0) throw noChords(this.#label);
    const expected = expectedTasks(frozen, parent);
    const problems = await this.#send(
      expected,
      expansion.sends.map(({ wire, to }) => ({ ...wire, ...to })),
    );
    const problem = problems.find((one) => one !== undefined);
    if (problem === undefined) return;
    for (const { id } of expected) this.#sent.delete(id);
    throw problem;
  }

  async get(id: string): Promise<TaskRecord | undefined> {
    return this.#sent.get(id, this.#host.clock.now());
  }

  async cancel(id: string): Promise<CancelResult> {
    const task = await this.get(id);
    if (task === undefined) return undefined;
    if (isFinal(task.state)) return 'over';
    const command = { method: 'revoke', arguments: { task_id: id, terminate: true, signal: 'SIGTERM' } };
    await sendCommand(await this.#connection.link(), encodeControl(command), 1);
    return 'requested';
  }

  watch(id: string | undefined, listener: () => void): () => void {
    return this.#watchers.add(id, listener);
  }

  /** Reads JSON as Python writes it. */
  readonly parse: (text: string) => unknown = decodeJson;

  /** Writes JSON for Python. */
  readonly stringify: (value: unknown) => string = encodeJson;

  readonly #queueOf = (task: string): string => {
    const queue = this.#host.tasks.queueOf(task) ?? 'default';
    return queue === 'default' ? this.#settings.queue : queue;
  };

  #pack(task: NewTask): Packed {
    const { defaultPriority, maxPriority, queue } = this.#settings;
    const message = newMessage({
      ...task,
      eta: task.runAt > task.createdAt ? task.runAt : undefined,
      priority: maxPriority === undefined ? undefined : defaultPriority + task.priority,
      replyTo: this.#replies.queue,
      positional: this.#host.tasks.positionalOf(task.name),
    });
    return { ...encodeTask(message), queue: task.queue === 'default' ? queue : task.queue };
  }

  // RabbitMQ has them when it resolves. Whoever is told that it failed sends again: what arrived all the same runs twice.
  async #send(tasks: readonly NewTask[], packed: readonly Packed[]): Promise<readonly (CortadoError | undefined)[]> {
    const link = await this.#connection.link();
    for (const task of tasks) this.#sent.add(task);
    const { maxPriority } = this.#settings;
    const onOdd = (queue: string, what: string, error: Error): void => this.#host.log.warn({ queue, err: error }, what);
    const problems = await sendTasks(link, packed, { maxPriority, onOdd });
    return problems.map((problem) => problem && rabbitUnreachable(this.#label, problem));
  }

  #onReply(text: string, id: string | undefined): void {
    const meta = id === undefined ? decodeResult(text) : readResult(id, text);
    if (meta === undefined) return;
    this.#sent.observe(meta, this.#host.clock.now());
    this.#watchers.notify(meta.id);
  }

  // Results come whether anything is sent or not, so a lost connection is made again at once.
  #stay(): void {
    clearTimeout(this.#timer);
    if (this.#isClosed) return;
    this.#timer = setTimeout(() => {
      this.#connection.link().catch(() => this.#stay());
    }, pause);
  }

  async #leave(): Promise<void> {
    if (this.#connection.isOpen) await this.#replies.delete(await this.#connection.link());
    await this.#connection.close();
  }
}

/** What RabbitMQ and workers that answer promise by themselves. */
const promised: Omit<Capabilities, 'priority'> = {
  ...allPromises,
  embedded: false,
  transactional: false,
  atomicEnd: false,
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
