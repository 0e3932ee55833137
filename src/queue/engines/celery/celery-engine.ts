import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
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
import type { LogLine, Progress, TaskRecord, TaskState } from '../../task-record.ts';
import { isFinal } from '../../task-record.ts';
import { toTaskError } from '../../to-task-error.ts';
import { Watchers } from '../../watchers.ts';
import { Ledger, type LedgerEnd } from '../ledger/ledger.ts';
import type { LedgerTask } from '../ledger/ledger-record.ts';
import { connectRedis } from '../ledger/redis-connection.ts';
import { AmqpBroker } from './amqp-broker.ts';
import type { Broker, Received } from './broker.ts';
import { type CeleryOptions, type CelerySettings, celerySettings } from './celery-options.ts';
import { Chords } from './chords.ts';
import { afterFailure, afterSuccess, type FollowUps } from './follow-ups.ts';
import { mapArguments } from './map-arguments.ts';
import { type Expansion, expand, type Parent } from './outgoing.ts';
import { Presence } from './presence.ts';
import { RedisBroker } from './redis-broker.ts';
import { errorOf, errorText, exceptionOf, failureMeta, isNews, observed, successMeta } from './states.ts';
import { encodeControl } from './wire/control.ts';
import { decodeJson } from './wire/decode-json.ts';
import { encodeJson } from './wire/encode-json.ts';
import { encodeTask } from './wire/encode-task.ts';
import { PythonError } from './wire/exception.ts';
import { decodeResult } from './wire/result.ts';
import type { Signature } from './wire/signature.ts';
import type { TaskMessage } from './wire/task-message.ts';

/** A run of this process, with the message that brought it. */
interface Run {
  readonly claim: ClaimRef;
  readonly name: string;
  readonly queue: string;
  readonly startedAt: number;
  readonly message: TaskMessage | undefined;
  readonly packed: string;
}

/** Celery's own protocol, as client and as worker, with a ledger in Redis that knows what Celery does not keep. */
export class CeleryEngine implements Engine {
  readonly kind = 'celery';
  readonly label: string;
  readonly capabilities: Capabilities;
  readonly #settings: CelerySettings;
  readonly #broker: Broker;
  readonly #watchers = new Watchers();
  readonly #runs = new Map<string, Run>();
  readonly #positional = new Map<string, readonly string[]>();
  #host!: EngineHost;
  #redis!: Redis;
  #listener: Redis | undefined;
  #ledger!: Ledger;
  #chords!: Chords;
  #presence: Presence | undefined;
  #worker: string | undefined;
  #promotion: NodeJS.Timeout | undefined;

  constructor(options: CeleryOptions) {
    this.#settings = celerySettings(options);
    this.#broker = this.#settings.kind === 'redis' ? new RedisBroker(this.#settings) : new AmqpBroker(this.#settings);
    this.label = this.#broker.label;
    this.capabilities = { ...promised, priority: this.#broker.priorities };
  }

  async open(host: EngineHost): Promise<void> {
    this.#host = host;
    await this.#broker.connect();
    const { backend: url, keyPrefix, whenUnreachable } = this.#settings;
    this.#redis = await connectRedis({ url, whenUnreachable });
    this.#ledger = new Ledger({
      redis: this.#broker.redis ?? this.#redis,
      url,
      prefix: `${keyPrefix}cortado:`,
      hooks: this.#broker.hooks,
      scripts: this.#broker.scripts ?? {},
      host,
      publish: (outgoing) => this.#broker.publish(outgoing),
    });
    this.#chords = new Chords(this.#redis, this.#ledger, this.#settings);
    const wake = async (): Promise<void> => void (await this.#redis.publish(`${keyPrefix}cortado:wake`, ''));
    await this.#broker.open({ host, ledger: this.#ledger, changed: (id) => this.#watchers.notify(id), wake });
    this.#promotion = setInterval(() => void this.#ledger.call('promote').catch(() => {}), 1000);
    this.#promotion.unref();
    await this.#listen();
  }

  async close(signal: AbortSignal): Promise<void> {
    clearInterval(this.#promotion);
    await this.#presence?.stop();
    if (this.#worker !== undefined) await this.#ledger.leave(this.#worker).catch(() => {});
    await this.#broker.close(signal);
    this.#listener?.disconnect();
    this.#redis.disconnect();
    this.#runs.clear();
    this.#presence = undefined;
    this.#worker = undefined;
  }

  /** Names the parameters that a Python task takes by position only. */
  takesPositional(task: string, parameters: readonly string[]): void {
    this.#positional.set(task, parameters);
  }

  async enqueue(tasks: readonly NewTask[]): Promise<readonly Enqueued[]> {
    const entries = tasks.map((task) => ({ task, message: this.#pack(task) }));
    const enqueued = await this.#ledger.enqueue(entries);
    for (const { runAt } of tasks) this.#promoteBy(runAt);
    return enqueued;
  }

  /** Sends a signature: a task, a chain, a group or a chord. Its ids are known at once. */
  async send(signature: Signature): Promise<void> {
    const parent = this.#parent();
    const expansion = expand(signature, parent);
    await this.#ledger.call('expect', ...this.#expected(signature, expansion));
    await this.#chords.prepare(expansion.chords);
    await this.#sendAll(expansion);
  }

  async claim(request: ClaimRequest): Promise<readonly Claim[]> {
    this.#worker = request.worker;
    this.#presence ??= await this.#appear(request);
    const received = await this.#broker.claim(request, this.#brokerQueue);
    const claims: Claim[] = [];
    const adopted = received.filter(({ verdict }) => verdict === 'adopt');
    if (adopted.length > 0) claims.push(...(await this.#adopt(adopted)));
    for (const item of received) if (item.verdict === 'run') claims.push(this.#begin(item));
    return claims;
  }

  async heartbeat(worker: string, claims: readonly ClaimRef[]): Promise<readonly Interruption[]> {
    return this.#ledger.heartbeat(worker, claims);
  }

  async finish(ends: readonly Finish[]): Promise<readonly boolean[]> {
    const prepared = await Promise.all(ends.map((end) => this.#prepareEnd(end)));
    const stored = await this.#ledger.finish(prepared.map(({ end }) => end));
    for (const [at, { end, follow }] of prepared.entries()) {
      const run = this.#runs.get(runKey(end.claim));
      this.#runs.delete(runKey(end.claim));
      if (stored[at] === false) continue;
      this.#presence?.ended(end, run);
      if (follow !== undefined && follow.failed.length > 0) await this.#failElements(follow, end);
      if (end.kind === 'retrying' || end.kind === 'released') this.#promoteBy(end.runAt ?? 0);
    }
    this.#broker.settled(ends.map(({ claim }) => claim));
    return stored.map((result) => result !== false);
  }

  async get(id: string): Promise<TaskRecord | undefined> {
    const [task, meta] = await Promise.all([this.#ledger.get(id), this.#redis.get(this.#metaKey(id))]);
    const result = meta === null ? undefined : decodeResult(meta);
    if (result === undefined) return task?.record;
    if (task === undefined) return recordFromResult(result);
    return this.#merge(task, result);
  }

  async cancel(id: string, reason: string): Promise<CancelResult> {
    const result = await this.#ledger.cancel(id, reason);
    if (result === 'cancelled' || result === 'requested') {
      const command = { method: 'revoke', arguments: { task_id: id, terminate: true, signal: 'SIGTERM' } };
      await this.#broker.broadcast(encodeControl(command), this.#presence?.clock.tick() ?? 1);
    }
    return result;
  }

  watch(id: string | undefined, listener: () => void): () => void {
    const end = this.#watchers.add(id, listener);
    const channel = id === undefined ? undefined : this.#metaKey(id);
    if (channel !== undefined) void this.#listener?.subscribe(channel).catch(() => {});
    // What happened before the subscription began would be missed.
    queueMicrotask(listener);
    return () => {
      end();
      if (channel !== undefined && ![...this.#watchers.ids].includes(id!))
        void this.#listener?.unsubscribe(channel).catch(() => {});
    };
  }

  async maintain(policy: MaintenancePolicy): Promise<Maintenance> {
    await this.#broker.maintain();
    return this.#ledger.maintain(policy);
  }

  setProgress(claim: ClaimRef, progress: Progress): Promise<boolean> {
    return this.#ledger.setProgress(claim, progress);
  }

  addLogs(claim: ClaimRef, lines: readonly Omit<LogLine, 'seq'>[]): Promise<boolean> {
    return this.#ledger.addLogs(claim, lines);
  }

  logs(id: string, after: number, limit: number): Promise<readonly LogLine[]> {
    return this.#ledger.logs(id, after, limit);
  }

  async list(filter: TaskFilter, limit: number, cursor: string | undefined): Promise<TaskPage> {
    const page = await this.#ledger.list(filter, limit, cursor);
    const tasks = await Promise.all(
      page.tasks.map(async (task) => (isFinal(task.state) ? task : ((await this.get(task.id)) ?? task))),
    );
    return { ...page, tasks };
  }

  counts(): Promise<Record<string, Partial<Record<TaskState, number>>>> {
    return this.#ledger.counts();
  }

  async retry(id: string): Promise<boolean | undefined> {
    const task = await this.#ledger.get(id);
    if (task === undefined) return undefined;
    return this.#ledger.retry(id, this.#pack({ ...task.record, expiresAt: undefined }));
  }

  prune(states: readonly TaskState[], before: number, limit: number): Promise<number> {
    return this.#ledger.prune(states, before, limit);
  }

  lastSlot(schedule: string): Promise<number | undefined> {
    return this.#ledger.lastSlot(schedule);
  }

  enqueueSlot(schedule: string, slot: number, task: NewTask): Promise<boolean> {
    return this.#ledger.enqueueSlot(schedule, slot, { task, message: this.#pack(task) });
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
      priority: this.#broker.priorityNumber(priority),
      headers,
    };
    return this.#broker.pack(encodeTask(message), this.#brokerQueue(queue));
  }

  // Takes over tasks that somebody sent who keeps no ledger; answers those that cannot run here.
  async #adopt(received: readonly Received[]): Promise<Claim[]> {
    const claims: Claim[] = [];
    const described: (string | number)[] = [];
    const ends: Finish[] = [];
    const held: LedgerEnd[] = [];
    const now = this.#host.clock.now();
    for (const item of received) {
      const { task, decoded, packed } = item;
      const claim: ClaimRef = { id: task.record.id, token: task.token };
      const run: Run = {
        claim,
        name: task.record.name,
        queue: task.record.queue,
        startedAt: now,
        message: decoded.ok ? decoded.message : undefined,
        packed,
      };
      this.#runs.set(runKey(claim), run);
      try {
        const { message, input } = this.#read(item);
        const record: TaskRecord = {
          ...task.record,
          name: message.task,
          input,
          runAt: message.eta ?? now,
          expiresAt: message.expires,
          priority: message.priority === undefined ? 0 : this.#settings.defaultPriority - message.priority,
          headers: textHeaders(message.headers),
          attempt: message.retries + 1,
        };
        const { id, createdAt, runAt, expiresAt, priority, headers, attempt } = record;
        described.push(id, input, createdAt, runAt, expiresAt ?? '', priority, JSON.stringify(headers), attempt);
        if (expiresAt !== undefined && expiresAt <= now) held.push(this.#expiredEnd(claim, message, now));
        else if (runAt > now) held.push({ claim, kind: 'released', value: '', runAt, message: packed });
        else claims.push(this.#begin({ ...item, task: { ...task, record } }));
      } catch (error) {
        this.#host.log.error(
          { task_id: claim.id, task: run.name, err: error },
          'a message cannot run here, and is answered',
        );
        ends.push({ claim, outcome: { kind: 'failed', error: toTaskError(error) } });
      }
    }
    if (described.length > 0) await this.#ledger.call('describe', described.length / 8, ...described);
    if (held.length > 0) {
      await this.#ledger.finish(held);
      this.#broker.settled(held.map(({ claim }) => claim));
      for (const { runAt } of held) this.#promoteBy(runAt ?? 0);
    }
    if (ends.length > 0) await this.finish(ends);
    return claims;
  }

  #read({ decoded }: Received): { message: TaskMessage; input: string } {
    if (!decoded.ok) throw new PythonError('DecodeError', [decoded.reason], { module: 'kombu.exceptions' });
    const { message } = decoded;
    const known = this.#host.parameters?.(message.task);
    if (this.#host.parameters !== undefined && known === undefined) {
      throw new PythonError('NotRegistered', [message.task], { module: 'celery.exceptions' });
    }
    return { message, input: encodeJson(mapArguments(message, known)) };
  }

  #expiredEnd(claim: ClaimRef, message: TaskMessage, now: number): LedgerEnd {
    const exception = { exc_type: 'TaskRevokedError', exc_message: ['expired'], exc_module: 'celery.exceptions' };
    const value = JSON.stringify({
      name: 'CortadoError',
      code: 'CORTADO_TASK_EXPIRED',
      message: 'It was not started in time.',
    });
    return {
      claim,
      kind: 'expired',
      value,
      meta: failureMeta(claim.id, 'REVOKED', exception, undefined, message, now),
    };
  }

  #begin({ task, decoded, packed }: Received): Claim {
    const message = decoded.ok ? decoded.message : undefined;
    // Runs on other workers count as well: what a Python worker tried and retried is not tried from the start.
    const attempt = Math.max(task.record.attempt, (message?.retries ?? 0) + 1);
    const claim: Claim = { ...task.record, attempt, token: task.token };
    const run: Run = {
      claim,
      name: claim.name,
      queue: claim.queue,
      startedAt: this.#host.clock.now(),
      message,
      packed,
    };
    this.#runs.set(runKey(claim), run);
    this.#presence?.started(claim, message);
    return claim;
  }

  async #prepareEnd({ claim, outcome }: Finish): Promise<{ end: LedgerEnd; follow: FollowUps | undefined }> {
    const run = this.#runs.get(runKey(claim));
    const message = run?.message;
    const now = this.#host.clock.now();
    if (outcome.kind === 'released')
      return { end: { claim, kind: 'released', value: '', runAt: now, message: run?.packed ?? '' }, follow: undefined };
    if (outcome.kind === 'retrying')
      return { end: this.#retryEnd(claim, outcome.error, outcome.runAt, run, now), follow: undefined };
    const succeeded = outcome.kind === 'succeeded';
    const follow =
      message === undefined
        ? undefined
        : succeeded
          ? afterSuccess(message, needsValue(message) ? decodeJson(outcome.result) : undefined, this.#parent())
          : outcome.kind === 'failed'
            ? afterFailure(message, this.#parent())
            : { ...nothing, parts: afterFailure(message, this.#parent()).parts };
    const meta = succeeded
      ? successMeta(claim.id, outcome.result, message, follow?.sends.map((send) => send.message.id) ?? [], now)
      : outcome.kind === 'failed'
        ? failureMeta(claim.id, 'FAILURE', exceptionOf(outcome.error), outcome.error.stack, message, now)
        : failureMeta(claim.id, 'REVOKED', revoked, undefined, message, now);
    const chordSends = follow === undefined ? [] : await this.#reportParts(follow, meta);
    await this.#chords.prepare(follow?.chords ?? []);
    const sends = [...(follow?.sends ?? []), ...chordSends].map((send) => ({
      id: send.message.id,
      queue: send.queue,
      message: this.#broker.pack(send.wire, send.queue),
    }));
    const value = succeeded ? outcome.result : errorText(outcome.error);
    return { end: { claim, kind: outcome.kind, value, meta: message?.ignoreResult ? '' : meta, sends }, follow };
  }

  #retryEnd(
    claim: ClaimRef,
    error: TaskRecord['error'] & {},
    runAt: number,
    run: Run | undefined,
    now: number,
  ): LedgerEnd {
    const message = run?.message;
    const again: TaskMessage | undefined = message && {
      ...message,
      retries: message.retries + 1,
      eta: runAt,
      parentId: message.id,
    };
    const packed =
      again === undefined ? (run?.packed ?? '') : this.#broker.pack(encodeTask(again), this.#brokerQueue(run!.queue));
    const meta = failureMeta(claim.id, 'RETRY', exceptionOf(error), error.stack, message, now);
    return { claim, kind: 'retrying', value: errorText(error), runAt, message: packed, meta };
  }

  async #reportParts(follow: FollowUps, meta: string): Promise<Expansion['sends']> {
    const sends: Expansion['sends'][number][] = [];
    for (const part of follow.parts) {
      const expansion = await this.#chords.report(part, meta, this.#parent());
      if (expansion === undefined) continue;
      await this.#chords.prepare(expansion.chords);
      sends.push(...expansion.sends);
    }
    return sends;
  }

  async #failElements({ failed }: FollowUps, end: LedgerEnd): Promise<void> {
    const meta = decodeResult(end.meta ?? '');
    if (meta === undefined) return;
    for (const { id, parentId } of failed) {
      const exception = meta.result as Parameters<typeof failureMeta>[2];
      const text = failureMeta(id, 'FAILURE', exception, meta.traceback, undefined, this.#host.clock.now());
      await this.#redis
        .multi()
        .set(this.#metaKey(id), text, 'PX', this.#settings.resultExpires)
        .publish(this.#metaKey(id), text)
        .exec();
      await this.#ledger.call('observe', id, 'failed', errorText(errorOf(meta)));
      void parentId;
    }
  }

  async #merge(task: LedgerTask, result: Parameters<typeof observed>[0]): Promise<TaskRecord> {
    const { record } = task;
    if (isFinal(record.state)) return record;
    const observation = observed(result);
    if (observation === undefined || !isNews(task, observation)) return record;
    await this.#ledger.call('observe', record.id, observation.state, observation.value);
    return (await this.#ledger.get(record.id))?.record ?? record;
  }

  async #appear(request: ClaimRequest): Promise<Presence> {
    const presence = new Presence({
      broker: this.#broker,
      ledger: this.#ledger,
      host: this.#host,
      settings: this.#settings,
      queues: request.queues.map(({ queue }) => this.#brokerQueue(queue)),
      runs: () =>
        [...this.#runs.values()].map(({ claim, name, startedAt, message }) => ({
          id: claim.id,
          name,
          startedAt,
          message,
        })),
      cancel: (id) => this.cancel(id, 'It was terminated by remote control.').then(() => {}),
    });
    await presence.start();
    return presence;
  }

  async #listen(): Promise<void> {
    this.#listener = this.#redis.duplicate({ lazyConnect: true, maxRetriesPerRequest: null });
    this.#listener.on('error', () => {});
    await this.#listener.connect();
    const prefix = `${this.#settings.keyPrefix}cortado:`;
    const results = this.#metaKey('');
    this.#listener.on('message', (channel: string, text: string) => {
      if (channel === `${prefix}changed`) for (const id of text.split('\n')) this.#watchers.notify(id);
      else if (channel === `${prefix}wake`) this.#host.wake();
      else if (channel === `${prefix}interrupt`) this.#host.interrupt();
      else if (channel.startsWith(results)) this.#watchers.notify(channel.slice(results.length));
    });
    // After a reconnection nobody knows what was missed.
    this.#listener.on('ready', () => {
      this.#watchers.notifyAll();
      this.#host.wake();
    });
    await this.#listener.subscribe(`${prefix}changed`, `${prefix}wake`, `${prefix}interrupt`);
  }

  // Every open process looks each second; this one knows to the millisecond when what it delayed becomes due.
  #promoteBy(runAt: number): void {
    const wait = runAt - this.#host.clock.now();
    if (wait > 0 && wait < 1000) setTimeout(() => void this.#ledger.call('promote').catch(() => {}), wait).unref();
  }

  #expected(signature: Signature, { sends }: Expansion): (string | number)[] {
    const now = this.#host.clock.now();
    const tasks = [
      ...sends.map(({ message, queue }) => ({ id: message.id, name: message.task, queue, kwargs: message.kwargs })),
      ...chainElements(signature),
    ];
    const args = tasks.flatMap(({ id, name, queue, kwargs }) => [
      id,
      name,
      this.#ownQueue(queue ?? this.#settings.queue),
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
    await this.#ledger.call(
      'push',
      sends.length,
      ...sends.flatMap(({ message, wire, queue }) => [message.id, queue, this.#broker.pack(wire, queue)]),
    );
  }

  #parent(): Parent {
    return { defaultQueue: this.#settings.queue, now: this.#host.clock.now() };
  }

  #metaKey(id: string): string {
    return `${this.#settings.keyPrefix}celery-task-meta-${id}`;
  }

  readonly #brokerQueue = (queue: string): string => (queue === 'default' ? this.#settings.queue : queue);

  readonly #ownQueue = (queue: string): string => (queue === this.#settings.queue ? 'default' : queue);
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
const nothing: FollowUps = { sends: [], chords: [], parts: [], failed: [] };
const revoked = { exc_type: 'TaskRevokedError', exc_message: ['terminated'], exc_module: 'celery.exceptions' };

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

function runKey({ id, token }: ClaimRef): string {
  return `${token} ${id}`;
}

function needsValue({ callbacks, chain }: TaskMessage): boolean {
  return callbacks.length > 0 || chain.length > 0;
}

function textHeaders(headers: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}

/** What is known of a task that only its result tells of. */
function recordFromResult(meta: Parameters<typeof observed>[0]): TaskRecord | undefined {
  const observation = observed(meta);
  if (observation === undefined) return undefined;
  const { state, value } = observation;
  const isOver = isFinal(state);
  return {
    id: meta.id,
    name: 'unknown',
    queue: 'unknown',
    state,
    input: '{}',
    result: state === 'succeeded' ? value : undefined,
    error: state === 'succeeded' || value === '' ? undefined : JSON.parse(value),
    priority: 0,
    attempt: 0,
    crashes: 0,
    createdAt: meta.doneAt ?? 0,
    runAt: meta.doneAt ?? 0,
    startedAt: undefined,
    finishedAt: isOver ? (meta.doneAt ?? Date.now()) : undefined,
    expiresAt: undefined,
    unique: undefined,
    progress: undefined,
    cancelRequested: false,
    worker: undefined,
    after: [],
    headers: {},
  };
}

/** Makes an id for a signature. */
export function newTaskId(): string {
  return randomUUID();
}
