import type { Job, Queue, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import { loadPeer } from '../../../base/process/load-peer.ts';
import type { NewTask } from '../../contract/engine.ts';

/** A job that this process took, and the lock that proves it. */
export interface TakenJob {
  readonly job: Job;
  readonly token: string;
}

export interface Taken {
  readonly jobs: readonly TakenJob[];
  /** Whether another look may find more. */
  readonly mayBeMore: boolean;
}

const mostAtOnce = 64;

// BullMQ refuses ids that are whole numbers.
const jobId = (id: string): string => (/^\d+$/.test(id) ? `id-${id}` : id);

export const taskId = (id: string): string => (/^id-\d+$/.test(id) ? id.slice(3) : id);

// What stands for priority 0; lower is more urgent.
const middle = 1001;

export const priorities = { min: -1000, max: 1000 } as const;

/** What {@link Jobs} works with. Workers of BullMQ want a connection that waits for Redis without end. */
export interface JobsOptions {
  readonly queues: Redis;
  readonly workers: Redis;
  readonly prefix: string;
}

/** BullMQ's queues and workers, one of each by name, made when first used. */
export class Jobs {
  readonly #bullmq: typeof import('bullmq');
  readonly #options: JobsOptions;
  readonly #queues = new Map<string, Queue>();
  readonly #workers = new Map<string, Worker>();
  /** How many to ask for at once. */
  readonly #pace = new Map<string, number>();
  /**
   * Queues that have met a task more urgent than others. BullMQ runs jobs without a priority before all that have one, and those with one
   * cost more; so until then, jobs have none, unless they can wait.
   */
  readonly #prioritized = new Set<string>();
  #tokens = 0;

  private constructor(bullmq: typeof import('bullmq'), options: JobsOptions) {
    this.#bullmq = bullmq;
    this.#options = options;
  }

  static async load(options: JobsOptions): Promise<Jobs> {
    const missing = 'A redis:// queue needs the package bullmq: run `npm install bullmq`.';
    return new Jobs(await loadPeer(() => import('bullmq'), 'CORTADO_QUEUE_URL', missing), options);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#workers.values()].map((worker) => worker.close(true).catch(() => {})));
    await Promise.all([...this.#queues.values()].map((queue) => queue.close().catch(() => {})));
    for (const map of [this.#workers, this.#queues, this.#pace, this.#prioritized]) map.clear();
  }

  queue(name: string): Queue {
    const known = this.#queues.get(name);
    if (known !== undefined) return known;
    const { queues: connection, prefix } = this.#options;
    const queue = new this.#bullmq.Queue(name, { connection, prefix });
    queue.on('error', () => {});
    this.#queues.set(name, queue);
    return queue;
  }

  /** Adds the jobs of tasks; one that is there already stays as it is. */
  async add(tasks: readonly NewTask[], now: number): Promise<void> {
    await Promise.all([...Map.groupBy(tasks, ({ queue }) => queue)].map(([name, some]) => this.#add(name, some, now)));
  }

  /** Learns which queues have priorities, and gives one to their jobs that have none: those of others, or of who did not know yet. */
  async keepPriorities(): Promise<void> {
    for (const name of await this.#options.queues.smembers(this.#prioritizedKey)) {
      this.#prioritized.add(name);
      await this.#giveMiddle(name);
    }
  }

  /** Where processes tell each other of a queue that has met an urgent task. */
  get urgentChannel(): string {
    return `${this.#options.prefix}:cortado:urgent`;
  }

  learnUrgent(name: string): void {
    this.#prioritized.add(name);
  }

  /** Takes up to `limit` jobs, as many as are at hand; a lock on each holds for `lease` milliseconds. */
  async take(name: string, limit: number, lease: number): Promise<Taken> {
    const worker = this.#worker(name, lease);
    const asked = Math.min(limit, this.#pace.get(name) ?? 1);
    const found = await Promise.all(Array.from({ length: asked }, () => this.#next(worker)));
    const jobs = found.filter((job) => job !== undefined);
    // Twice as many each time, for as long as all of them found one: hardly more calls in vain than jobs.
    const mayBeMore = jobs.length === asked;
    this.#pace.set(name, mayBeMore ? Math.min(asked * 2, mostAtOnce) : 1);
    return { jobs, mayBeMore };
  }

  /** Ends the lock of a job with its result; with `fetchNext` resolves to the next one that waits, if there is one. */
  async complete(
    name: string,
    { job, token }: TakenJob,
    result: unknown,
    fetchNext: boolean,
  ): Promise<TakenJob | undefined> {
    const next = await job.moveToCompleted(result, token, fetchNext);
    if (!Array.isArray(next) || !next[0] || typeof next[1] !== 'string') return undefined;
    const worker = this.#workers.get(name) as unknown as NextJob | undefined;
    const following = await worker?.nextJobFromJobData(next[0], next[1], token);
    return following && { job: following, token };
  }

  async extend(name: string, taken: readonly TakenJob[], lease: number): Promise<void> {
    const ids = taken.map(({ job }) => job.id!);
    const tokens = taken.map(({ token }) => token);
    await this.#workers.get(name)?.extendJobLocks(ids, tokens, lease);
  }

  async remove(name: string, id: string): Promise<void> {
    await this.queue(name).remove(jobId(id));
  }

  get #prioritizedKey(): string {
    return `${this.#options.prefix}:cortado:prioritized`;
  }

  async #add(name: string, tasks: readonly NewTask[], now: number): Promise<void> {
    if (!this.#prioritized.has(name) && tasks.some(({ priority }) => priority > 0)) await this.#prioritize(name);
    const all = this.#prioritized.has(name);
    await this.queue(name).addBulk(tasks.map((task) => jobOf(task, now, all || task.priority !== 0)));
  }

  async #prioritize(name: string): Promise<void> {
    const { queues } = this.#options;
    await queues.sadd(this.#prioritizedKey, name);
    this.#prioritized.add(name);
    await queues.publish(this.urgentChannel, name);
    await this.#giveMiddle(name);
    for (let first = 0; ; first += 1000) {
      const jobs = await this.queue(name).getJobs(['delayed'], first, first + 999, true);
      await giveMiddle(jobs.filter(({ priority }) => priority === 0));
      if (jobs.length < 1000) return;
    }
  }

  async #giveMiddle(name: string): Promise<void> {
    for (;;) {
      const jobs = await this.queue(name).getJobs(['wait'], 0, 999, true);
      if ((await giveMiddle(jobs)) < 1000) return;
    }
  }

  #worker(name: string, lease: number): Worker {
    const known = this.#workers.get(name);
    if (known !== undefined) {
      known.opts.lockDuration = lease;
      return known;
    }
    const { workers: connection, prefix } = this.#options;
    const worker = new this.#bullmq.Worker(name, null, {
      connection,
      prefix,
      autorun: false,
      lockDuration: lease,
      stalledInterval: Math.ceil(Math.min(10_000, Math.max(100, lease / 3))),
      // The ledger counts the crashes.
      maxStalledCount: 1_000_000,
    });
    worker.on('error', () => {});
    this.#workers.set(name, worker);
    void worker.startStalledCheckTimer();
    return worker;
  }

  async #next(worker: Worker): Promise<TakenJob | undefined> {
    const token = `${process.pid}-${++this.#tokens}`;
    const job = await worker.getNextJob(token, { block: false });
    return job === undefined || job === null ? undefined : { job, token };
  }
}

// What BullMQ's own loop uses for the job that comes along.
interface NextJob {
  nextJobFromJobData(data: unknown, id: string, token: string): Promise<Job | undefined>;
}

// How many have it now: one that a worker takes meanwhile keeps what it has.
async function giveMiddle(jobs: readonly Job[]): Promise<number> {
  const given = await Promise.allSettled(jobs.map((job) => job.changePriority({ priority: middle })));
  return given.filter(({ status }) => status === 'fulfilled').length;
}

function jobOf(task: NewTask, now: number, hasPriority: boolean): Parameters<Queue['addBulk']>[0][number] {
  const { id, name, input, priority, runAt } = task;
  const delay = runAt - now;
  const opts = { jobId: jobId(id), ...(delay > 0 && { delay }), ...(hasPriority && { priority: middle - priority }) };
  return { name, data: JSON.parse(input), opts };
}
