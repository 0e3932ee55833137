import { outsidePromises } from '../../../contract/capabilities.ts';
import type {
  BuiltInTask,
  CancelResult,
  Claim,
  ClaimRequest,
  Engine,
  Enqueued,
  Finish,
  Maintenance,
  MaintenancePolicy,
  NewTask,
  RetryResult,
  TaskFilter,
  TaskPage,
} from '../../../contract/engine.ts';
import type { Signature } from '../../../contract/signature.ts';
import { isFinal, type TaskRecord } from '../../../contract/task-record.ts';
import type { LedgerTask } from '../../ledger/ledger-record.ts';
import { LedgeredEngine } from '../../ledger/ledgered-engine.ts';
import { amqpBroker } from '../brokers/amqp-broker.ts';
import type { CeleryLedger } from '../brokers/celery-ledger.ts';
import type { CelerySettings } from '../brokers/celery-options.ts';
import { redisBroker } from '../brokers/redis-broker.ts';
import { expectedTasks } from '../messages/expected-tasks.ts';
import { freeze, withQueueNames } from '../messages/freeze.ts';
import { newMessage } from '../messages/new-message.ts';
import { expand } from '../messages/outgoing.ts';
import { isNews, observed, recordFromResult } from '../results/states.ts';
import { encodeControl, ledgerArgument } from '../wire/control.ts';
import { decodeJson } from '../wire/decode-json.ts';
import { decodeTask } from '../wire/decode-task.ts';
import { encodeJson } from '../wire/encode-json.ts';
import { encodeTask } from '../wire/encode-task.ts';
import { readResult } from '../wire/result.ts';
import type { TaskMessage } from '../wire/task-message.ts';
import { CeleryLink } from './celery-link.ts';
import { Greeter } from './greeter.ts';
import { Serving } from './serving.ts';

type MessageOf = Pick<NewTask, 'id' | 'name' | 'queue' | 'input' | 'priority' | 'expiresAt' | 'headers'>;

/** Celery's own protocol, as client and as worker, with a ledger in Redis that knows what Celery does not keep. */
export function celeryEngine(settings: CelerySettings): Engine {
  const broker = settings.kind === 'redis' ? redisBroker(settings) : amqpBroker(settings);
  return {
    kind: 'celery',
    label: broker.label,
    capabilities: { ...outsidePromises, signatures: true, priority: broker.priorities },
    async open(host) {
      await using opening = new AsyncDisposableStack();
      const link = await CeleryLink.open(settings, broker, host);
      opening.defer(() => link.close(Promise.resolve(), AbortSignal.timeout(1000)));
      const open = new OpenCelery(link);
      await open.start();
      opening.move();
      return { storage: open, worker: open, close: (signal) => open.close(signal) };
    },
  };
}

/** The transport of Celery's messages: hands tasks over to a broker, takes what it has, and ends it as Celery would. */
class OpenCelery extends LedgeredEngine {
  protected readonly ledger: CeleryLedger;
  readonly #link: CeleryLink;
  readonly #serving: Serving;
  readonly #greeter: Greeter;

  constructor(link: CeleryLink) {
    super(link);
    this.ledger = link.ledger;
    this.#link = link;
    this.#serving = new Serving(link);
    this.#greeter = new Greeter(link, () => this.#serving.isPresent);
  }

  get away(): string | undefined {
    return this.#link.away;
  }

  /** Hears of results that others store. */
  start(): Promise<void> {
    const results = this.#link.metaKey('');
    return this.listen({
      patterns: [`${results.replace(/[[\]?*\\]/g, '\\$&')}*`],
      onMessage: (channel, text) => {
        const id = channel.slice(results.length);
        this.watchers.notify(id);
        this.#link.foreign.add(id, text);
      },
    });
  }

  async close(signal: AbortSignal): Promise<void> {
    this.#greeter.close();
    await this.#link.close(this.#serving.stop(), signal);
    this.stopListening();
  }

  async enqueue(tasks: readonly NewTask[]): Promise<readonly Enqueued[]> {
    const entries = tasks.map((task) => ({ task, message: this.#pack(task) }));
    const enqueued = await this.ledger.enqueue(entries);
    for (const { runAt } of tasks) this.#link.promoteBy(runAt);
    return enqueued;
  }

  async sendSignature(signature: Signature): Promise<void> {
    const parent = this.#link.parent();
    const frozen = freeze(withQueueNames(signature, this.#link.queueOf));
    const expansion = expand(frozen, parent);
    const { ownQueue, chords } = this.#link;
    await this.ledger.expect(expectedTasks(frozen, parent).map((task) => ({ ...task, queue: ownQueue(task.queue) })));
    await chords.prepare(expansion.chords);
    await this.ledger.send(this.#link.packed(expansion.sends));
  }

  claim(request: ClaimRequest): Promise<readonly Claim[]> {
    return this.#serving.claim(request);
  }

  finish(ends: readonly Finish[]): Promise<readonly boolean[]> {
    return this.#serving.finish(ends);
  }

  builtIn(claim: Claim): BuiltInTask | undefined {
    return this.#serving.builtIn(claim);
  }

  override async get(id: string): Promise<TaskRecord | undefined> {
    const task = await this.ledger.get(id);
    if (task !== undefined && isFinal(task.record.state) && !task.provisional) return task.record;
    // Read after the task: a result that is older than its retry would end it.
    const meta = await this.redis.get(this.#link.metaKey(id));
    const result = meta === null ? undefined : readResult(id, meta);
    if (result === undefined) return task?.record;
    if (task === undefined) return recordFromResult(result);
    return this.#merge(task, result);
  }

  override async cancel(id: string, reason: string): Promise<CancelResult> {
    const result = await super.cancel(id, reason);
    if (result === 'cancelled' || result === 'requested') {
      const mark = { [ledgerArgument]: await this.ledger.identity() };
      const command = { method: 'revoke', arguments: { task_id: id, terminate: true, signal: 'SIGTERM', ...mark } };
      await this.#link.broker.broadcast(encodeControl(command), this.#serving.tick());
    }
    if (result === 'cancelled') await this.#keepFromOthers(id);
    return result;
  }

  override async maintain(policy: MaintenancePolicy): Promise<Maintenance> {
    await this.#link.broker.maintain();
    const maintenance = await super.maintain(policy);
    await this.#serving.answer();
    return maintenance;
  }

  override async list(filter: TaskFilter, limit: number, cursor: string | undefined): Promise<TaskPage> {
    const page = await super.list(filter, limit, cursor);
    const tasks = await Promise.all(
      page.tasks.map(async (task) => (isFinal(task.state) ? task : ((await this.get(task.id)) ?? task))),
    );
    return { ...page, tasks };
  }

  async retry(id: string): Promise<RetryResult> {
    return this.ledger.retry(id, (task) => this.#again(task));
  }

  enqueueSlot(schedule: string, slot: number, task: NewTask): Promise<boolean> {
    return this.ledger.enqueueSlot(schedule, slot, { task, message: this.#pack(task) });
  }

  readonly parse: (text: string) => unknown = decodeJson;

  readonly stringify: (value: unknown) => string = encodeJson;

  #pack(task: MessageOf): string {
    return this.#link.broker.pack(encodeTask(this.#message(task)), { queue: this.#link.brokerQueue(task.queue) });
  }

  #message(task: MessageOf): TaskMessage {
    const priority = this.#link.broker.priorityNumber(task.priority);
    const positional = this.host.tasks.positionalOf(task.name);
    return newMessage({ ...task, priority, positional });
  }

  // With all that the message said that brought it. As Celery's own retries, it is its own parent, by which results tell it from the former runs.
  #again({ record, sent, expected }: LedgerTask): string {
    const { broker, brokerQueue } = this.#link;
    const decoded = sent === undefined ? undefined : decodeTask(broker.unpack(sent), this.host.payloadLimit);
    // What is expected only comes from whoever runs the task before it.
    if (expected && decoded?.ok !== true) return '';
    const message = decoded?.ok ? decoded.message : this.#message(record);
    const again = {
      ...message,
      retries: 0,
      eta: undefined,
      expires: undefined,
      parentId: message.parentId ?? record.id,
    };
    return broker.pack(encodeTask(again), { queue: brokerQueue(record.queue) });
  }

  // No worker of Cortado starts what is cancelled. One in Python that starts later heard nothing of it.
  async #keepFromOthers(id: string): Promise<void> {
    const task = await this.ledger.get(id);
    if (task !== undefined) await this.#link.broker.takeBack?.(id, this.#link.brokerQueue(task.record.queue));
    await this.#greeter.listen();
  }

  async #merge(task: LedgerTask, result: Parameters<typeof observed>[0]): Promise<TaskRecord> {
    const { record } = task;
    const observation = observed(result);
    if (observation === undefined || !isNews(task, observation)) return record;
    await this.ledger.observe(record.id, observation);
    return (await this.ledger.get(record.id))?.record ?? record;
  }
}
