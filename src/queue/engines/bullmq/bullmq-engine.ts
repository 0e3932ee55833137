import { shownUrl } from '../../../base/show/shown-url.ts';
import { settledBy } from '../../../concurrency/settled-by.ts';
import { closeRedis, connectRedis, redisAway } from '../../../redis/redis-connection.ts';
import { type Capabilities, outsidePromises } from '../../contract/capabilities.ts';
import type {
  Claim,
  ClaimRef,
  ClaimRequest,
  Engine,
  EngineHost,
  Enqueued,
  Finish,
  NewTask,
  OpenEngine,
  QueueDemand,
  TaskStorage,
  WorkerSide,
} from '../../contract/engine.ts';
import { farewell } from '../../contract/farewell.ts';
import { isFinal, type TaskRecord } from '../../contract/task-record.ts';
import type { Start } from '../ledger/ledger.ts';
import type { LedgerEnd, LedgerEntry } from '../ledger/ledger-arguments.ts';
import { ledgeredEngine } from '../ledger/ledgered-engine.ts';
import { BullmqLedger } from './bullmq-ledger.ts';
import { type BullmqOptions, bullmqSettings } from './bullmq-options.ts';
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

/**
 * An engine on BullMQ: tasks are its jobs, so its dashboards show them, and jobs that others add are run as tasks.
 *
 * @throws CortadoError `CORTADO_QUEUE_URL`, `CORTADO_OPTION_UNKNOWN` or `CORTADO_OPTION_INVALID`.
 * @example
 * ```ts
 * const queue = new Queue({ engine: bullmq({ url: 'redis://localhost:6379/0', prefix: 'app' }) });
 * ```
 */
export function bullmq(options: BullmqOptions): Engine {
  const settings = bullmqSettings(options);
  return { kind: 'bullmq', label: shownUrl(settings.url), capabilities, open: (host) => open(settings, host) };
}

// Hands tasks over to BullMQ, takes its jobs, and moves them to their end; a ledger beside it knows what BullMQ does not keep.
async function open(settings: Required<BullmqOptions>, host: EngineHost): Promise<OpenEngine> {
  const { url, whenUnreachable } = settings;
  await using connected = new DisposableStack();
  const redis = connected.adopt(await connectRedis({ user: 'QUEUE', url, whenUnreachable }), closeRedis);
  const jobsRedis = connected.adopt(await connectRedis({ user: 'QUEUE', url, whenUnreachable: 'wait' }), closeRedis);
  const jobs = await Jobs.load({ queues: redis, workers: jobsRedis, prefix: settings.prefix });
  const prefix = `${settings.prefix}:cortado:`;
  const ledger = new BullmqLedger({ redis, url, prefix, host, publish });
  const { sides, listen, stopListening } = ledgeredEngine(ledger, { host, redis, prefix });
  const arrivals = new JobArrivals({ start: startArrivals, giveBack, wake: host.wake, lease: () => lastLease });
  const runs = new Map<string, Run>();
  /** Queues whose next job may come along with the end of another. */
  const unlimited = new Set<string>();
  /** Tasks on their way from the ledger to BullMQ. */
  const sending = new Map<string, NewTask>();
  /** Ends that the ledger has, and BullMQ not yet. */
  const moving = new Set<Promise<unknown>>();
  let ownWorker: string | undefined;
  let isExact = false;
  let lastLease = 0;

  // They share a connection, so that no worker sees a job before the ledger does.
  async function enqueueAtOnce(tasks: readonly NewTask[]): Promise<readonly Enqueued[]> {
    const enqueued = ledger.enqueue(entriesOf(tasks), (notes) => confirm(notes, added));
    const added = jobs.add(tasks, host.clock.now()).then(() => tasks);
    added.catch(() => {});
    try {
      return await enqueued;
    } catch (error) {
      // Only then: what is added later would stay.
      const remove = (): void => {
        for (const { queue, id } of tasks) void jobs.remove(queue, id).catch(() => {});
      };
      void added.then(remove, remove);
      throw error;
    }
  }

  // A run that was lost leaves its place to the next one of its task.
  function runOf({ id, token }: ClaimRef): Run | undefined {
    const run = runs.get(id);
    return run?.claim === token ? run : undefined;
  }

  // What is at hand goes to `atHand`, where it is safe if the rest fails.
  async function claimMore({ worker, queues, limit, lease }: ClaimRequest, atHand: Claim[]): Promise<readonly Claim[]> {
    const taken: Taken[] = [];
    for (const demand of queues) {
      const { queue } = demand;
      const most = Math.min(demand.limit, limit - atHand.length - taken.length, await ledger.room(demand));
      if (most <= 0) continue;
      const held = arrivals.take(queue, most);
      atHand.push(...held);
      // What can run already is worth more than all of them later.
      if (held.length > 0) host.wake();
      // Ends that are on their way bring jobs for their own places.
      const places = most - arrivals.coming(queue);
      if (held.length > 0 || places <= 0) continue;
      // Else those behind it would be taken first.
      if (arrivals.returning !== undefined) await arrivals.returning;
      const found = await jobs.take(queue, places, lease);
      if (found.mayBeMore) host.wake();
      if (demand.concurrency === undefined && demand.rate === undefined) unlimited.add(queue);
      for (const job of found.jobs) taken.push({ run: { ...job, queue }, demand });
    }
    return taken.length === 0 ? [] : start(worker, taken);
  }

  async function start(worker: string, taken: readonly Taken[]): Promise<Claim[]> {
    const deliveries = taken.map(({ run: { job, queue }, demand: { concurrency, rate } }) => {
      return { id: taskId(job.id!), queue, name: job.name, concurrency, rate };
    });
    const starts = await ledger.start(worker, lastLease, deliveries);
    const claims: Claim[] = [];
    const others: Promise<Claim | undefined>[] = [];
    for (const [at, started] of starts.entries()) {
      const { run } = taken[at]!;
      if (started.verdict === 'run') claims.push(hold(started.task!.record, started.task!.token, run));
      else others.push(begin(started, run));
    }
    if (others.length === 0) return claims;
    return [...claims, ...(await Promise.all(others)).filter((claim) => claim !== undefined)];
  }

  async function startArrivals(arrived: readonly Arrival[]): Promise<readonly Claim[]> {
    const taken = arrived.map(({ queue, taken: job }) => ({ run: { ...job, queue }, demand: {} }));
    try {
      return await start(ownWorker!, taken);
    } catch (error) {
      // Their locks run out, and they are given to a worker again.
      host.log.warn({ err: error, tasks: taken.length }, 'tasks were taken from BullMQ, and could not be started');
      return [];
    }
  }

  async function begin({ verdict, task }: Start, run: Run): Promise<Claim | undefined> {
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
    return hold(await adopt(task!.record, run), task!.token, run);
  }

  function hold(record: TaskRecord, token: string, run: Run): Claim {
    const claim: Claim = Object.assign(record, { token });
    run.claim = token;
    runs.set(claim.id, run);
    return claim;
  }

  // A job that somebody added to BullMQ without Cortado: its data is the input.
  async function adopt(record: TaskRecord, { job }: Run): Promise<TaskRecord> {
    const input = typeof job.data === 'object' && job.data !== null ? JSON.stringify(job.data) : '{}';
    const adopted = { ...record, name: job.name, input, createdAt: job.timestamp };
    await ledger.describe([adopted]);
    return adopted;
  }

  // Where a queue has no limits, a job that is done brings the next one along.
  function expectArrival({ claim, outcome }: Finish): Run | undefined {
    const run = outcome.kind === 'succeeded' && !isExact ? runOf(claim) : undefined;
    if (run === undefined || !unlimited.has(run.queue)) return undefined;
    arrivals.expect(run.queue);
    return run;
  }

  async function giveBack(claims: readonly Claim[]): Promise<void> {
    await engine.finish(claims.map((claim) => ({ claim, outcome: { kind: 'released' } }))).catch(() => {});
    await Promise.all(moving);
  }

  async function move(run: Run, { outcome }: Finish, wasCancelled: boolean, brings: boolean): Promise<void> {
    const { job, token, queue } = run;
    if (wasCancelled || outcome.kind === 'cancelled')
      await job.moveToFailed(new Error('It was cancelled.'), token, false);
    else if (outcome.kind === 'succeeded') {
      const complete = async (): Promise<TakenJob | undefined> =>
        jobs.complete(queue, run, JSON.parse(outcome.result), brings);
      await (brings ? arrivals.bring(queue, complete) : complete());
    } else if (outcome.kind === 'failed') {
      await job.moveToFailed(Object.assign(new Error(outcome.error.message), outcome.error), token, false);
    } else if (outcome.kind === 'retrying') await job.moveToDelayed(outcome.runAt, token);
    else {
      await job.moveToWait(token);
      await redis.publish(`${prefix}wake`, queue);
    }
  }

  // While a script runs, the tasks are at hand and need not be read back.
  async function sendingOf<T>(tasks: readonly NewTask[], work: () => Promise<T>): Promise<T> {
    for (const task of tasks) sending.set(task.id, task);
    try {
      return await work();
    } finally {
      for (const { id } of tasks) sending.delete(id);
    }
  }

  async function publish(notes: readonly string[]): Promise<void> {
    const complete = notes.filter((note) => !isRange(note));
    const ids = new Set(complete.flatMap((note) => note.split('\n').filter((line) => !isRange(line))));
    if (ids.size > 0) await confirm(complete.map(keyOf), addNoted([...ids]));
  }

  async function addNoted(ids: readonly string[]): Promise<readonly NewTask[]> {
    const missing = ids.filter((id) => !sending.has(id));
    const read = missing.length === 0 ? [] : await ledger.getMany(missing);
    const records = read.map((task) => task?.record).filter((record) => record !== undefined);
    const tasks = [...ids.map((id) => sending.get(id)).filter((task) => task !== undefined), ...records];
    await jobs.add(tasks, host.clock.now());
    return tasks;
  }

  // What cannot be added now stays noted in the ledger, and any worker adds it later.
  async function confirm(notes: readonly string[], added: Promise<readonly NewTask[]>): Promise<void> {
    try {
      const queues = new Set((await withDeadline(added)).map(({ queue }) => queue));
      void ledger.sent(notes, [...queues]).catch(() => {});
    } catch (error) {
      host.log.warn({ err: error, notes }, 'tasks are stored, and will be given to BullMQ later');
    }
  }

  async function leave(): Promise<void> {
    await Promise.all(moving);
    await arrivals.close();
    await Promise.all(moving);
    if (ownWorker !== undefined) await ledger.leave(ownWorker).catch(() => {});
    await jobs.close();
  }

  const engine: TaskStorage & WorkerSide = {
    ...sides,

    get away() {
      return redisAway(redis, url);
    },

    async enqueue(tasks) {
      // Where the ledger is sure to take them, both are asked in one go.
      return tasks.every(({ unique, after }) => unique === undefined && after.length === 0)
        ? enqueueAtOnce(tasks)
        : sendingOf(tasks, () => ledger.enqueue(entriesOf(tasks)));
    },

    async claim(request) {
      ownWorker = request.worker;
      lastLease = request.lease;
      isExact = request.exact === true;
      if (isExact) {
        // What ends bring along would be lost with what is taken now.
        await Promise.all(moving);
        await arrivals.close();
      }
      const atHand: Claim[] = [];
      try {
        const more = await claimMore(request, atHand);
        return more.length === 0 ? atHand : [...atHand, ...more];
      } catch (error) {
        arrivals.put(atHand);
        throw error;
      }
    },

    async heartbeat(worker, claims, lease) {
      const interruptions = await sides.heartbeat(worker, claims, lease);
      const own = claims.map(runOf).filter((run) => run !== undefined);
      const byQueue = Map.groupBy(own, ({ queue }) => queue);
      await Promise.all([...byQueue].map(([queue, some]) => jobs.extend(queue, some, lease)));
      return interruptions;
    },

    async finish(ends) {
      const now = host.clock.now();
      // Before anything is waited for: the worker asks for jobs for these places at once, and would have one too many.
      const expected = ends.map(expectArrival);
      const stored = await ledger.finish(ends.map((end) => ledgerEnd(end, now))).catch((error: unknown) => {
        for (const run of expected) if (run !== undefined) arrivals.forgo(run.queue);
        throw error;
      });
      const moves = ends.map((end, at) => {
        const run = runOf(end.claim);
        if (run !== undefined) runs.delete(end.claim.id);
        const brings = run !== undefined && run === expected[at] && stored[at] === true;
        if (!brings && expected[at] !== undefined) arrivals.forgo(expected[at].queue);
        if (run === undefined || stored[at] === false) return undefined;
        return move(run, end, stored[at] === 'cancelled', brings);
      });
      // The ledger has it: a job that BullMQ gives out again all the same is seen to be over, and dropped.
      const moved = Promise.allSettled(moves);
      moving.add(moved);
      void moved.then(() => moving.delete(moved));
      return stored.map((result) => result !== false);
    },

    async cancel(id, reason) {
      const result = await sides.cancel(id, reason);
      const queue = result === 'cancelled' ? (await sides.get(id))?.queue : undefined;
      if (queue !== undefined) await jobs.remove(queue, id).catch(() => {});
      return result;
    },

    async maintain(policy) {
      const done = await sides.maintain(policy);
      // What fails here is tried again a second later, and must not keep anybody from recovering tasks.
      await jobs.keepPriorities().catch(() => {});
      return done;
    },

    setProgress(claim, progress) {
      // For whoever looks at BullMQ's own dashboards.
      void runOf(claim)
        ?.job.updateProgress({ ...progress })
        .catch(() => {});
      return sides.setProgress(claim, progress);
    },

    addLogs(claim, lines) {
      const run = runOf(claim);
      for (const { level, message } of lines) void run?.job.log(`${level}: ${message}`).catch(() => {});
      return sides.addLogs(claim, lines);
    },

    async retry(id) {
      const task = await sides.get(id);
      if (task === undefined) return undefined;
      if (task.state === 'succeeded') return false;
      const holder = task.unique === undefined ? undefined : await ledger.holderOf(task.unique);
      if (holder !== undefined && holder !== id) return { heldBy: holder };
      // A job of the same id that has ended would keep the new one out.
      if (isFinal(task.state)) await jobs.remove(task.queue, id).catch(() => {});
      return sendingOf([task], () => ledger.retry(id));
    },

    async prune(states, before, limit) {
      const pruned = await sides.prune(states, before, limit);
      const age = Math.max(0, host.clock.now() - before);
      for (const queue of Object.keys(await sides.counts())) {
        if (states.includes('succeeded')) await jobs.queue(queue).clean(age, limit, 'completed');
        if (states.includes('failed')) await jobs.queue(queue).clean(age, limit, 'failed');
      }
      return pruned;
    },

    enqueueSlot: (schedule, slot, task) => sendingOf([task], () => ledger.enqueueSlot(schedule, slot, { task })),
  };

  await jobs.keepPriorities();
  await listen({
    channels: [jobs.urgentChannel],
    onMessage: (_channel, queue) => jobs.learnUrgent(queue),
    onBack: () => void jobs.keepPriorities().catch(() => {}),
    // Nobody would tell what is held that it was cancelled; handed back, it ends.
    onInterrupt: () => void arrivals.giveBack(),
  });
  const connections = connected.move();
  const close = async (signal: AbortSignal): Promise<void> => {
    await farewell(leave(), signal);
    stopListening();
    connections.dispose();
  };
  return { storage: engine, worker: engine, close };
}

function entriesOf(tasks: readonly NewTask[]): LedgerEntry[] {
  return tasks.map((task) => ({ task }));
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
