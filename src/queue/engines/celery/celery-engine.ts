import type {
  CancelResult,
  Capabilities,
  Claim,
  ClaimRef,
  ClaimRequest,
  Engine,
  EngineHost,
  Enqueued,
  Finish,
  Interruption,
  Maintenance,
  MaintenancePolicy,
  NewTask,
  TaskFilter,
  TaskPage,
} from '../../engine.ts';
import { isFinal, type LogLine, type Progress, type TaskRecord, type TaskState } from '../../task-record.ts';
import type { LedgerTask } from '../ledger/ledger-record.ts';
import { AmqpBroker } from './amqp-broker.ts';
import { CeleryLink } from './celery-link.ts';
import { type CeleryOptions, celerySettings } from './celery-options.ts';
import { type Expansion, expand } from './outgoing.ts';
import { RedisBroker } from './redis-broker.ts';
import { Serving } from './serving.ts';
import { isNews, observed, recordFromResult } from './states.ts';
import { encodeControl } from './wire/control.ts';
import { decodeJson } from './wire/decode-json.ts';
import { encodeJson } from './wire/encode-json.ts';
import { encodeTask } from './wire/encode-task.ts';
import { decodeResult } from './wire/result.ts';
import type { Signature } from './wire/signature.ts';
import type { TaskMessage } from './wire/task-message.ts';

/** Celery's own protocol, as client and as worker, with a ledger in Redis that knows what Celery does not keep. */
export class CeleryEngine implements Engine {
  readonly kind = 'celery';
  readonly label: string;
  readonly capabilities: Capabilities;
  readonly #link: CeleryLink;
  readonly #serving: Serving;
  readonly #positional = new Map<string, readonly string[]>();

  constructor(options: CeleryOptions) {
    const settings = celerySettings(options);
    const broker = settings.kind === 'redis' ? new RedisBroker(settings) : new AmqpBroker(settings);
    this.#link = new CeleryLink(settings, broker);
    this.#serving = new Serving(this.#link);
    this.label = broker.label;
    this.capabilities = { ...promised, priority: broker.priorities };
  }

  open(host: EngineHost): Promise<void> {
    return this.#link.open(host);
  }

  async close(signal: AbortSignal): Promise<void> {
    await this.#link.close(this.#serving.stop(), signal);
  }

  /** Names the parameters that a Python task takes by position only. */
  takesPositional(task: string, parameters: readonly string[]): void {
    this.#positional.set(task, parameters);
  }

  async enqueue(tasks: readonly NewTask[]): Promise<readonly Enqueued[]> {
    const entries = tasks.map((task) => ({ task, message: this.#pack(task) }));
    const enqueued = await this.#link.ledger.enqueue(entries);
    for (const { runAt } of tasks) this.#link.promoteBy(runAt);
    return enqueued;
  }

  /** Sends a signature: a task, a chain, a group or a chord. Its ids are known at once. */
  async send(signature: Signature): Promise<void> {
    const parent = this.#link.parent();
    const expansion = expand(signature, parent);
    await this.#link.ledger.call('expect', ...this.#expected(signature, expansion));
    await this.#link.chords.prepare(expansion.chords);
    await this.#sendAll(expansion);
  }

  claim(request: ClaimRequest): Promise<readonly Claim[]> {
    return this.#serving.claim(request);
  }

  heartbeat(worker: string, claims: readonly ClaimRef[], lease: number): Promise<readonly Interruption[]> {
    return this.#link.ledger.heartbeat(worker, claims, lease);
  }

  finish(ends: readonly Finish[]): Promise<readonly boolean[]> {
    return this.#serving.finish(ends);
  }

  async get(id: string): Promise<TaskRecord | undefined> {
    const [task, meta] = await Promise.all([this.#link.ledger.get(id), this.#link.redis.get(this.#link.metaKey(id))]);
    const result = meta === null ? undefined : decodeResult(meta);
    if (result === undefined) return task?.record;
    if (task === undefined) return recordFromResult(result);
    return this.#merge(task, result);
  }

  async cancel(id: string, reason: string): Promise<CancelResult> {
    const result = await this.#link.ledger.cancel(id, reason);
    if (result === 'cancelled' || result === 'requested') {
      const command = { method: 'revoke', arguments: { task_id: id, terminate: true, signal: 'SIGTERM' } };
      await this.#link.broker.broadcast(encodeControl(command), this.#serving.tick());
    }
    return result;
  }

  watch(id: string | undefined, listener: () => void): () => void {
    return this.#link.watchers.add(id, listener);
  }

  async maintain(policy: MaintenancePolicy): Promise<Maintenance> {
    await this.#link.broker.maintain();
    return this.#link.ledger.maintain(policy);
  }

  setProgress(claim: ClaimRef, progress: Progress): Promise<boolean> {
    return this.#link.ledger.setProgress(claim, progress);
  }

  addLogs(claim: ClaimRef, lines: readonly Omit<LogLine, 'seq'>[]): Promise<boolean> {
    return this.#link.ledger.addLogs(claim, lines);
  }

  logs(id: string, after: number, limit: number): Promise<readonly LogLine[]> {
    return this.#link.ledger.logs(id, after, limit);
  }

  async list(filter: TaskFilter, limit: number, cursor: string | undefined): Promise<TaskPage> {
    const page = await this.#link.ledger.list(filter, limit, cursor);
    const tasks = await Promise.all(
      page.tasks.map(async (task) => (isFinal(task.state) ? task : ((await this.get(task.id)) ?? task))),
    );
    return { ...page, tasks };
  }

  counts(): Promise<Record<string, Partial<Record<TaskState, number>>>> {
    return this.#link.ledger.counts();
  }

  async retry(id: string): Promise<boolean | undefined> {
    const task = await this.#link.ledger.get(id);
    if (task === undefined) return undefined;
    return this.#link.ledger.retry(id, this.#pack({ ...task.record, expiresAt: undefined }));
  }

  prune(states: readonly TaskState[], before: number, limit: number): Promise<number> {
    return this.#link.ledger.prune(states, before, limit);
  }

  lastSlot(schedule: string): Promise<number | undefined> {
    return this.#link.ledger.lastSlot(schedule);
  }

  enqueueSlot(schedule: string, slot: number, task: NewTask): Promise<boolean> {
    return this.#link.ledger.enqueueSlot(schedule, slot, { task, message: this.#pack(task) });
  }

  /** Reads JSON as Python writes it. */
  readonly parse: (text: string) => unknown = decodeJson;

  /** Writes JSON for Python. */
  readonly stringify: (value: unknown) => string = encodeJson;

  #pack(task: Pick<NewTask, 'id' | 'name' | 'queue' | 'input' | 'priority' | 'expiresAt' | 'headers'>): string {
    const { id, name, queue, input, priority, expiresAt, headers } = task;
    const kwargs = decodeJson(input) as Record<string, unknown>;
    const positional = this.#positional.get(name) ?? [];
    const args = positional.filter((parameter) => parameter in kwargs).map((parameter) => kwargs[parameter]);
    for (const parameter of positional) delete kwargs[parameter];
    const message: TaskMessage = {
      ...empty,
      id,
      task: name,
      args,
      kwargs,
      expires: expiresAt,
      priority: this.#link.broker.priorityNumber(priority),
      headers,
    };
    return this.#link.broker.pack(encodeTask(message), this.#link.brokerQueue(queue));
  }

  async #merge(task: LedgerTask, result: Parameters<typeof observed>[0]): Promise<TaskRecord> {
    const { record } = task;
    if (isFinal(record.state)) return record;
    const observation = observed(result);
    if (observation === undefined || !isNews(task, observation)) return record;
    await this.#link.ledger.call('observe', record.id, observation.state, observation.value);
    return (await this.#link.ledger.get(record.id))?.record ?? record;
  }

  #expected(signature: Signature, { sends }: Expansion): (string | number)[] {
    const now = this.#link.host.clock.now();
    const tasks = [
      ...sends.map(({ message, queue }) => ({ id: message.id, name: message.task, queue, kwargs: message.kwargs })),
      ...chainElements(signature),
    ];
    const args = tasks.flatMap(({ id, name, queue, kwargs }) => [
      id,
      name,
      this.#link.ownQueue(queue ?? this.#link.settings.queue),
      encodeJson(kwargs),
      0,
      now,
      now,
      '',
      '',
      '',
      '{}',
      '',
    ]);
    return [tasks.length, ...args];
  }

  async #sendAll({ sends }: Expansion): Promise<void> {
    await this.#link.ledger.call(
      'push',
      sends.length,
      ...sends.flatMap(({ message, wire, queue }) => [message.id, queue, this.#link.broker.pack(wire, queue)]),
    );
  }
}

/** Ids of the elements of a chain that are sent later, by whoever runs the one before. */
function chainElements(
  signature: Signature,
): { id: string; name: string; queue: string | undefined; kwargs: object }[] {
  const listed = signature.task === 'celery.chain' ? (signature.kwargs['tasks'] as Signature[]).slice(1) : [];
  const body = signature.task === 'celery.chord' ? [signature.kwargs['body'] as Signature] : [];
  return [...listed, ...body].flatMap(({ task, kwargs, options }) => {
    const { task_id: id, queue } = options;
    return typeof id === 'string'
      ? [{ id, name: task, queue: typeof queue === 'string' ? queue : undefined, kwargs }]
      : [];
  });
}

const empty: Omit<TaskMessage, 'id' | 'task' | 'kwargs'> = {
  args: [],
  retries: 0,
  callbacks: [],
  errbacks: [],
  chain: [],
  headers: {},
};

/** What Celery promises together with the ledger. */
const promised: Omit<Capabilities, 'priority'> = {
  durable: true,
  shared: true,
  embedded: false,
  transactional: false,
  delay: true,
  expires: true,
  unique: true,
  idempotent: true,
  results: true,
  knowsIds: true,
  cancel: true,
  cancelRunning: true,
  fencing: true,
  recovery: true,
  progress: true,
  logs: true,
  list: true,
  counts: true,
  retry: true,
  prune: true,
  schedules: true,
  flows: true,
  queueConcurrency: true,
  queueRate: true,
};
