import type { Redis } from 'ioredis';
import { shownUrl } from '../../../base/show/shown-url.ts';
import { settledBy } from '../../../concurrency/settled-by.ts';
import { type Capabilities, outsidePromises } from '../../contract/capabilities.ts';
import type {
  CancelResult,
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
  OpenEngine,
  QueueDemand,
  RetryResult,
} from '../../contract/engine.ts';
import { farewell } from '../../contract/farewell.ts';
import type { LogLine, Progress, TaskRecord, TaskState } from '../../contract/task-record.ts';
import type { Start } from '../ledger/ledger.ts';
import type { Delivery, LedgerEnd, LedgerEntry } from '../ledger/ledger-arguments.ts';
import { LedgeredEngine } from '../ledger/ledgered-engine.ts';
import { closeRedis, connectRedis, redisAway } from '../redis/redis-connection.ts';
import { BullmqLedger } from './bullmq-ledger.ts';
import type { BullmqOptions } from './bullmq-options.ts';
import { type Arrival, JobArrivals } from './job-arrivals.ts';
import { Jobs, priorities, type TakenJob, taskId } from './jobs.ts';

interface Run extends TakenJob {
  readonly queue: string;
  /** Of the claim; the job's own token is another one. */
  claim?: ClaimRef['token'];
}

interface Taken {
  readonly run: Run;
  readonly demand: Pick<QueueDemand, 'concurrency' | 'rate'>;
}

const capabilities: Capabilities = { ...outsidePromises, priority: priorities };

/** Tasks as jobs of BullMQ, with a ledger beside it that knows what BullMQ does not keep. */
export function bullmqEngine(settings: Required<BullmqOptions>): Engine {
  return { kind: 'bullmq', label: shownUrl(settings.url), capabilities, open: (host) => open(settings, host) };
}

async function open(settings: Required<BullmqOptions>, host: EngineHost): Promise<OpenEngine> {
  const { url, prefix, whenUnreachable } = settings;
  await using connected = new DisposableStack();
  const redis = connected.adopt(await connectRedis({ url, whenUnreachable }), closeRedis);
  const jobsRedis = connected.adopt(await connectRedis({ url, whenUnreachable: 'wait' }), closeRedis);
  const jobs = await Jobs.load({ queues: redis, workers: jobsRedis, prefix });
  const opened = new OpenBullmq({ settings, host, redis, jobs });
  await opened.start();
  const connections = connected.move();
  const close = async (signal: AbortSignal): Promise<void> => {
    await opened.close(signal);
    connections.dispose();
  };
  return { storage: opened, worker: opened, close };
}

interface OpenBullmqOptions {
  readonly settings: Required<BullmqOptions>;
  readonly host: EngineHost;
  readonly redis: Redis;
  readonly jobs: Jobs;
}

/** The transport of jobs: hands tasks over to BullMQ, takes its jobs, and moves them to their end. */
class OpenBullmq extends LedgeredEngine {
  protected readonly ledger: BullmqLedger;
  readonly #url: string;
  readonly #runs = new Map<string, Run>();
  /** Queues whose next job may come along with the end of another. */
  readonly #unlimited = new Set<string>();
  /** Tasks on their way from the ledger to BullMQ. */
  readonly #sending = new Map<string, NewTask>();
  /** Ends that the ledger has, and BullMQ not yet. */
  readonly #moving = new Set<Promise<unknown>>();
  readonly #jobs: Jobs;
  readonly #arrivals: JobArrivals;
  #worker: string | undefined;
  #isExact = false;
  #lease = 0;

  constructor({ settings, host, redis, jobs }: OpenBullmqOptions) {
    const { url } = settings;
    const prefix = `${settings.prefix}:cortado:`;
    super({ host, redis, prefix });
    this.#url = url;
    this.#jobs = jobs;
    this.ledger = new BullmqLedger({ redis, url, prefix, host, publish: (ids) => this.#publish(ids) });
    this.#arrivals = new JobArrivals({
      start: (arrivals) => this.#startArrivals(arrivals),
      giveBack: (claims) => this.#giveBack(claims),
      wake: host.wake,
      lease: () => this.#lease,
    });
  }

  get away(): string | undefined {
    return redisAway(this.redis, this.#url);
  }

  async start(): Promise<void> {
    const keepPriorities = (): Promise<void> => this.#jobs.keepPriorities();
    await keepPriorities();
    await this.listen({
      channels: [this.#jobs.urgentChannel],
      onMessage: (_channel, queue) => this.#jobs.learnUrgent(queue),
      onBack: () => void keepPriorities().catch(() => {}),
    });
  }

  async close(signal: AbortSignal): Promise<void> {
    await farewell(this.#leave(), signal);
    this.stopListening();
  }

  enqueue(tasks: readonly NewTask[]): Promise<readonly Enqueued[]> {
    const entries = tasks.map((task) => ({ task }));
    // Where the ledger is sure to take them, both are asked in one go.
    return tasks.every(({ unique, after }) => unique === undefined && after.length === 0)
      ? this.#enqueueAtOnce(tasks, entries)
      : this.#sendingOf(tasks, () => this.ledger.enqueue(entries));
  }

  async claim(request: ClaimRequest): Promise<readonly Claim[]> {
    this.#worker = request.worker;
    this.#lease = request.lease;
    this.#isExact = request.exact === true;
    if (this.#isExact) {
      // What ends bring along would be lost with what is taken now.
      await Promise.all(this.#moving);
      await this.#arrivals.close();
    }
    const atHand: Claim[] = [];
    try {
      const more = await this.#claimMore(request, atHand);
      return more.length === 0 ? atHand : [...atHand, ...more];
    } catch (error) {
      this.#arrivals.put(atHand);
      throw error;
    }
  }

  override async heartbeat(
    worker: string,
    claims: readonly ClaimRef[],
    lease: number,
  ): Promise<readonly Interruption[]> {
    const interruptions = await super.heartbeat(worker, claims, lease);
    const runs = claims.map((claim) => this.#runOf(claim)).filter((run) => run !== undefined);
    const byQueue = Map.groupBy(runs, ({ queue }) => queue);
    await Promise.all([...byQueue].map(([queue, some]) => this.#jobs.extend(queue, some, lease)));
    return interruptions;
  }

  async finish(ends: readonly Finish[]): Promise<readonly boolean[]> {
    const now = this.host.clock.now();
    // Before anything is waited for: the worker asks for jobs for these places at once, and would have one too many.
    const expected = ends.map((end) => this.#expectArrival(end));
    const stored = await this.ledger.finish(ends.map((end) => ledgerEnd(end, now))).catch((error: unknown) => {
      for (const run of expected) if (run !== undefined) this.#arrivals.forgo(run.queue);
      throw error;
    });
    const moves = ends.map((end, at) => {
      const run = this.#runOf(end.claim);
      if (run !== undefined) this.#runs.delete(end.claim.id);
      const brings = run !== undefined && run === expected[at] && stored[at] === true;
      if (!brings && expected[at] !== undefined) this.#arrivals.forgo(expected[at].queue);
      if (run === undefined || stored[at] === false) return undefined;
      return this.#move(run, end, stored[at] === 'cancelled', brings);
    });
    // The ledger has it: a job that BullMQ gives out again all the same is seen to be over, and dropped.
    const moved = Promise.allSettled(moves);
    this.#moving.add(moved);
    void moved.then(() => this.#moving.delete(moved));
    return stored.map((result) => result !== false);
  }

  override async cancel(id: string, reason: string): Promise<CancelResult> {
    const result = await super.cancel(id, reason);
    const queue = result === 'cancelled' ? (await this.get(id))?.queue : undefined;
    if (queue !== undefined) await this.#jobs.remove(queue, id).catch(() => {});
    return result;
  }

  override async maintain(policy: MaintenancePolicy): Promise<Maintenance> {
    const done = await super.maintain(policy);
    // What fails here is tried again a second later, and must not keep anybody from recovering tasks.
    await this.#jobs.keepPriorities().catch(() => {});
    return done;
  }

  override setProgress(claim: ClaimRef, progress: Progress): Promise<boolean> {
    const run = this.#runOf(claim);
    // For whoever looks at BullMQ's own dashboards.
    void run?.job.updateProgress({ ...progress }).catch(() => {});
    return super.setProgress(claim, progress);
  }

  override addLogs(claim: ClaimRef, lines: readonly Omit<LogLine, 'seq'>[]): Promise<boolean> {
    const run = this.#runOf(claim);
    for (const { level, message } of lines) void run?.job.log(`${level}: ${message}`).catch(() => {});
    return super.addLogs(claim, lines);
  }

  async retry(id: string): Promise<RetryResult> {
    const task = await this.get(id);
    if (task === undefined) return undefined;
    if (task.state === 'succeeded') return false;
    const holder = task.unique === undefined ? undefined : await this.ledger.holderOf(task.unique);
    if (holder !== undefined && holder !== id) return { heldBy: holder };
    // A job of the same id that has ended would keep the new one out.
    if (['failed', 'cancelled', 'expired'].includes(task.state))
      await this.#jobs.remove(task.queue, id).catch(() => {});
    return this.#sendingOf([task], () => this.ledger.retry(id));
  }

  override async prune(states: readonly TaskState[], before: number, limit: number): Promise<number> {
    const pruned = await super.prune(states, before, limit);
    const age = Math.max(0, this.host.clock.now() - before);
    for (const queue of Object.keys(await this.counts())) {
      if (states.includes('succeeded')) await this.#jobs.clean(queue, age, limit, 'completed');
      if (states.includes('failed')) await this.#jobs.clean(queue, age, limit, 'failed');
    }
    return pruned;
  }

  enqueueSlot(schedule: string, slot: number, task: NewTask): Promise<boolean> {
    return this.#sendingOf([task], () => this.ledger.enqueueSlot(schedule, slot, { task }));
  }

  async #leave(): Promise<void> {
    await Promise.all(this.#moving);
    await this.#arrivals.close();
    await Promise.all(this.#moving);
    if (this.#worker !== undefined) await this.ledger.leave(this.#worker).catch(() => {});
    await this.#jobs.close();
  }

  // They share a connection, so that no worker sees a job before the ledger does.
  async #enqueueAtOnce(tasks: readonly NewTask[], entries: readonly LedgerEntry[]): Promise<readonly Enqueued[]> {
    const enqueued = this.ledger.enqueue(entries, (notes) => this.#confirm(notes, added));
    const added = this.#jobs.add(tasks, this.host.clock.now()).then(() => tasks);
    added.catch(() => {});
    try {
      return await enqueued;
    } catch (error) {
      // Only then: what is added later would stay.
      const remove = (): void => {
        for (const { queue, id } of tasks) void this.#jobs.remove(queue, id).catch(() => {});
      };
      void added.then(remove, remove);
      throw error;
    }
  }

  // A run that was lost leaves its place to the next one of its task.
  #runOf({ id, token }: ClaimRef): Run | undefined {
    const run = this.#runs.get(id);
    return run?.claim === token ? run : undefined;
  }

  // What is at hand goes to `atHand`, where it is safe if the rest fails.
  async #claimMore({ worker, queues, limit, lease }: ClaimRequest, atHand: Claim[]): Promise<readonly Claim[]> {
    const taken: Taken[] = [];
    for (const demand of queues) {
      const { queue } = demand;
      const most = Math.min(demand.limit, limit - atHand.length - taken.length, await this.ledger.room(demand));
      if (most <= 0) continue;
      const held = this.#arrivals.take(queue, most);
      atHand.push(...held);
      // What can run already is worth more than all of them later.
      if (held.length > 0) this.host.wake();
      // Ends that are on their way bring jobs for their own places.
      const places = most - this.#arrivals.coming(queue);
      if (held.length > 0 || places <= 0) continue;
      // Else those behind it would be taken first.
      if (this.#arrivals.returning !== undefined) await this.#arrivals.returning;
      const { jobs, mayBeMore } = await this.#jobs.take(queue, places, lease);
      if (mayBeMore) this.host.wake();
      if (demand.concurrency === undefined && demand.rate === undefined) this.#unlimited.add(queue);
      for (const job of jobs) taken.push({ run: { ...job, queue }, demand });
    }
    return taken.length === 0 ? [] : this.#start(worker, taken);
  }

  async #start(worker: string, taken: readonly Taken[]): Promise<Claim[]> {
    const deliveries = taken.map(({ run, demand }) => delivery(run, demand));
    const starts = await this.ledger.start(worker, this.#lease, deliveries);
    const claims: Claim[] = [];
    const others: Promise<Claim | undefined>[] = [];
    for (const [at, start] of starts.entries()) {
      const { run } = taken[at]!;
      if (start.verdict === 'run') claims.push(this.#hold(start.task!.record, start.task!.token, run));
      else others.push(this.#begin(start, run));
    }
    if (others.length === 0) return claims;
    return [...claims, ...(await Promise.all(others)).filter((claim) => claim !== undefined)];
  }

  async #startArrivals(arrivals: readonly Arrival[]): Promise<readonly Claim[]> {
    const taken = arrivals.map(({ queue, taken: job }) => ({ run: { ...job, queue }, demand: {} }));
    try {
      return await this.#start(this.#worker!, taken);
    } catch (error) {
      // Their locks run out, and they are given to a worker again.
      this.host.log.warn({ err: error, tasks: taken.length }, 'tasks were taken from BullMQ, and could not be started');
      return [];
    }
  }

  async #begin({ verdict, task }: Start, run: Run): Promise<Claim | undefined> {
    const { job, token } = run;
    if (verdict === 'later') return void (await job.moveToWait(token).catch(() => {}));
    if (verdict === 'hold') return void (await job.moveToDelayed(task!.record.runAt, token).catch(() => {}));
    if (verdict === 'drop') {
      const { state, error } = task!.record;
      const ended =
        state === 'succeeded'
          ? job.moveToCompleted(null, token, false)
          : job.moveToFailed(new Error(error?.message ?? state), token, false);
      return void (await ended.catch(() => {}));
    }
    return this.#hold(await this.#adopt(task!.record, run), task!.token, run);
  }

  #hold(record: TaskRecord, token: string, run: Run): Claim {
    const claim: Claim = Object.assign(record, { token });
    run.claim = token;
    this.#runs.set(claim.id, run);
    return claim;
  }

  // A job that somebody added to BullMQ without Cortado: its data is the input.
  async #adopt(record: TaskRecord, { job }: Run): Promise<TaskRecord> {
    const input = typeof job.data === 'object' && job.data !== null ? JSON.stringify(job.data) : '{}';
    const adopted = { ...record, name: job.name, input, createdAt: job.timestamp };
    await this.ledger.describe([adopted]);
    return adopted;
  }

  // Where a queue has no limits, a job that is done brings the next one along.
  #expectArrival({ claim, outcome }: Finish): Run | undefined {
    const run = outcome.kind === 'succeeded' && !this.#isExact ? this.#runOf(claim) : undefined;
    if (run === undefined || !this.#unlimited.has(run.queue)) return undefined;
    this.#arrivals.expect(run.queue);
    return run;
  }

  async #giveBack(claims: readonly Claim[]): Promise<void> {
    await this.finish(claims.map((claim) => ({ claim, outcome: { kind: 'released' } }))).catch(() => {});
    await Promise.all(this.#moving);
  }

  async #move(run: Run, { outcome }: Finish, wasCancelled: boolean, brings: boolean): Promise<void> {
    const { job, token, queue } = run;
    if (wasCancelled || outcome.kind === 'cancelled')
      await job.moveToFailed(new Error('It was cancelled.'), token, false);
    else if (outcome.kind === 'succeeded') {
      const complete = async (): Promise<TakenJob | undefined> =>
        this.#jobs.complete(queue, run, JSON.parse(outcome.result), brings);
      await (brings ? this.#arrivals.bring(queue, complete) : complete());
    } else if (outcome.kind === 'failed') {
      await job.moveToFailed(Object.assign(new Error(outcome.error.message), outcome.error), token, false);
    } else if (outcome.kind === 'retrying') await job.moveToDelayed(outcome.runAt, token);
    else {
      await job.moveToWait(token);
      await this.redis.publish(`${this.prefix}wake`, queue);
    }
  }

  // While a script runs, the tasks are at hand and need not be read back.
  async #sendingOf<T>(tasks: readonly NewTask[], work: () => Promise<T>): Promise<T> {
    for (const task of tasks) this.#sending.set(task.id, task);
    try {
      return await work();
    } finally {
      for (const { id } of tasks) this.#sending.delete(id);
    }
  }

  async #publish(notes: readonly string[]): Promise<void> {
    const complete = notes.filter((note) => !isRange(note));
    const ids = new Set(complete.flatMap((note) => note.split('\n').filter((line) => !isRange(line))));
    if (ids.size > 0) await this.#confirm(complete.map(keyOf), this.#addNoted([...ids]));
  }

  async #addNoted(ids: readonly string[]): Promise<readonly NewTask[]> {
    const missing = ids.filter((id) => !this.#sending.has(id));
    const read = missing.length === 0 ? [] : await this.ledger.getMany(missing);
    const records = read.map((task) => task?.record).filter((record) => record !== undefined);
    const tasks = [...ids.map((id) => this.#sending.get(id)).filter((task) => task !== undefined), ...records];
    await this.#jobs.add(tasks, this.host.clock.now());
    return tasks;
  }

  // What cannot be added now stays noted in the ledger, and any worker adds it later.
  async #confirm(notes: readonly string[], added: Promise<readonly NewTask[]>): Promise<void> {
    try {
      const queues = new Set((await withDeadline(added)).map(({ queue }) => queue));
      void this.ledger.sent(notes, [...queues]).catch(() => {});
    } catch (error) {
      this.host.log.warn({ err: error, notes }, 'tasks are stored, and will be given to BullMQ later');
    }
  }

  protected override interrupted(): void {
    super.interrupted();
    // Nobody would tell what is held that it was cancelled; handed back, it ends.
    void this.#arrivals.giveBack();
  }
}

function delivery({ job, queue }: Run, { concurrency, rate }: Taken['demand']): Delivery {
  return { id: taskId(job.id!), queue, name: job.name, concurrency, rate };
}

function ledgerEnd({ claim, outcome }: Finish, now: number): LedgerEnd {
  switch (outcome.kind) {
    case 'succeeded':
      return { claim, kind: 'succeeded', value: outcome.result };
    case 'retrying':
      return { claim, kind: 'retrying', value: JSON.stringify(outcome.error), runAt: outcome.runAt, message: 'kept' };
    case 'released':
      return { claim, kind: 'released', value: '', runAt: now, message: 'kept' };
    default:
      return { claim, kind: outcome.kind, value: JSON.stringify(outcome.error) };
  }
}

// A note is a list of ids, or the range of their numbers. That one is known by its first line, and comes with the ids when it is noted again.
function isRange(line: string): boolean {
  return /^#\d+-\d+$/.test(line);
}

function keyOf(note: string): string {
  const first = note.split('\n', 1)[0]!;
  return isRange(first) ? first : note;
}

// BullMQ waits for Redis without end.
async function withDeadline<T>(work: Promise<T>): Promise<T> {
  if (await settledBy(work, 5000)) return work;
  throw new Error('Redis did not answer within 5 seconds');
}
