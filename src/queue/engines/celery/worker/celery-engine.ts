import { outsidePromises } from '../../../contract/capabilities.ts';
import type { Engine, NewTask, OpenEngine, TaskStorage, WorkerSide } from '../../../contract/engine.ts';
import { isFinal } from '../../../contract/task-record.ts';
import type { LedgerTask } from '../../ledger/ledger-record.ts';
import { ledgeredEngine } from '../../ledger/ledgered-engine.ts';
import { amqpBroker } from '../brokers/amqp-broker.ts';
import type { CelerySettings } from '../brokers/celery-options.ts';
import { redisBroker } from '../brokers/redis-broker.ts';
import { expectedTasks } from '../messages/expected-tasks.ts';
import { freeze, withQueueNames } from '../messages/freeze.ts';
import { newMessage } from '../messages/new-message.ts';
import { expand } from '../messages/outgoing.ts';
import { isNews, observed, recordFromResult } from '../results/states.ts';
import { encodeRevoke, ledgerArgument } from '../wire/control.ts';
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
      const open = await openCelery(link);
      opening.move();
      return open;
    },
  };
}

/** The transport of Celery's messages: hands tasks over to a broker, takes what it has, and ends it as Celery would. */
async function openCelery(link: CeleryLink): Promise<OpenEngine> {
  const { ledger, broker, host, brokerQueue } = link;
  const { sides, watchers, listen, stopListening } = ledgeredEngine(ledger, link);
  const serving = new Serving(link);
  const greeter = new Greeter(link, () => serving.isPresent);

  function messageOf(task: MessageOf): TaskMessage {
    const priority = broker.priorityNumber(task.priority);
    return newMessage({ ...task, priority, positional: host.tasks.positionalOf(task.name) });
  }

  function pack(task: MessageOf): string {
    return broker.pack(encodeTask(messageOf(task)), { queue: brokerQueue(task.queue) });
  }

  // With all that the message said that brought it. As Celery's own retries, it is its own parent, by which results tell it from the former runs.
  function packAgain({ record, sent, expected }: LedgerTask): string {
    const decoded = sent === undefined ? undefined : decodeTask(broker.unpack(sent), host.payloadLimit);
    // What is expected only comes from whoever runs the task before it.
    if (expected && decoded?.ok !== true) return '';
    const message = decoded?.ok ? decoded.message : messageOf(record);
    const parentId = message.parentId ?? record.id;
    const again = { ...message, retries: 0, eta: undefined, expires: undefined, parentId };
    return broker.pack(encodeTask(again), { queue: brokerQueue(record.queue) });
  }

  // No worker of Cortado starts what is cancelled. One in Python that starts later heard nothing of it.
  async function keepFromOthers(id: string): Promise<void> {
    const task = await ledger.get(id);
    if (task !== undefined) await broker.takeBack?.(id, brokerQueue(task.record.queue));
    await greeter.listen();
  }

  const engine: TaskStorage & WorkerSide = {
    ...sides,
    parse: decodeJson,
    stringify: encodeJson,

    get away() {
      return link.away;
    },

    async enqueue(tasks) {
      const entries = tasks.map((task) => ({ task, message: pack(task) }));
      const enqueued = await ledger.enqueue(entries);
      for (const { runAt } of tasks) link.promoteBy(runAt);
      return enqueued;
    },

    async sendSignature(signature) {
      const parent = link.parent();
      const frozen = freeze(withQueueNames(signature, link.queueOf));
      const { sends, chords } = expand(frozen, parent);
      const expected = expectedTasks(frozen, parent);
      await ledger.expect(expected.map((task) => ({ ...task, queue: link.ownQueue(task.queue) })));
      await link.chords.prepare(chords);
      await ledger.send(link.packed(sends));
    },

    claim: (request) => serving.claim(request),
    finish: (ends) => serving.finish(ends),
    builtIn: (claim) => serving.builtIn(claim),

    async get(id) {
      const task = await ledger.get(id);
      if (task !== undefined && isFinal(task.record.state) && !task.provisional) return task.record;
      // Read after the task: a result that is older than its retry would end it.
      const text = await link.redis.get(link.metaKey(id));
      if (text === null) return task?.record;
      const result = readResult(id, text);
      if (task === undefined) return recordFromResult(result);
      const observation = observed(result);
      if (observation === undefined || !isNews(task, observation)) return task.record;
      await ledger.observe(id, observation);
      return (await ledger.get(id))?.record ?? task.record;
    },

    async cancel(id, reason) {
      const result = await sides.cancel(id, reason);
      if (result === 'cancelled' || result === 'requested') {
        const mark = { [ledgerArgument]: await ledger.identity() };
        await broker.broadcast(encodeRevoke(id, mark), serving.tick());
      }
      if (result === 'cancelled') await keepFromOthers(id);
      return result;
    },

    async maintain(policy) {
      await broker.maintain();
      const maintenance = await sides.maintain(policy);
      await serving.answer();
      return maintenance;
    },

    async list(filter, limit, cursor) {
      const page = await sides.list(filter, limit, cursor);
      const tasks = page.tasks.map(async (task) =>
        isFinal(task.state) ? task : ((await engine.get(task.id)) ?? task),
      );
      return { ...page, tasks: await Promise.all(tasks) };
    },

    retry: (id) => ledger.retry(id, packAgain),

    enqueueSlot: (schedule, slot, task) => ledger.enqueueSlot(schedule, slot, { task, message: pack(task) }),
  };

  // Of what others store.
  const results = link.metaKey('');
  await listen({
    patterns: [`${results.replace(/[[\]?*\\]/g, '\\$&')}*`],
    onMessage: (channel, text) => {
      const id = channel.slice(results.length);
      watchers.notify(id);
      link.foreign.add(id, text);
    },
  });
  const close = async (signal: AbortSignal): Promise<void> => {
    await link.close(serving.stop(), signal);
    stopListening();
  };
  return { storage: engine, worker: engine, close };
}
