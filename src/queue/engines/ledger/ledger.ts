import type { Redis } from 'ioredis';
import { CortadoError } from '../../../base/error.ts';
import { redisError } from '../../../redis/redis-connection.ts';
import type {
  CancelResult,
  EngineHost,
  Enqueued,
  Maintenance,
  MaintenancePolicy,
  QueueDemand,
  RetryResult,
  TaskFilter,
  TaskPage,
} from '../../contract/engine.ts';
import { cancelledBecause, crashedBecause } from '../../contract/task-errors.ts';
import { checkCursor, fitsFilter } from '../../contract/task-filter.ts';
import type { TaskRecord } from '../../contract/task-record.ts';
import {
  type Argument,
  byQueue,
  type Delivery,
  type DescribedTask,
  deliveryArguments,
  describedArguments,
  endArguments,
  type LedgerEnd,
  type LedgerEntry,
  taskArguments,
} from './ledger-arguments.ts';
import { fieldsOf, type LedgerTask, readTask } from './ledger-record.ts';
import type { LedgerStep } from './lua/ledger-step.ts';

export interface LedgerOptions {
  readonly redis: Redis;
  readonly url: string;
  /** Of all its keys. */
  readonly prefix: string;
  readonly host: EngineHost;
  /** Publishes tasks that are due, in the process that a script told of them; never rejects. */
  readonly publish?: (notes: readonly string[]) => Promise<void>;
}

/** What became of a delivery: to be run, of a task that is known or met for the first time; over; not due yet; not now. */
export interface Start {
  readonly verdict: 'run' | 'adopt' | 'drop' | 'hold' | 'later';
  readonly task: LedgerTask | undefined;
}

type Columns = readonly [verdict: Start['verdict'], values?: readonly (string | number | null)[]];

// The client takes lists, and joins them.
type Command = (
  ...parts: readonly (readonly Argument[])[]
) => Promise<readonly [value: unknown, notes: readonly string[]]>;

/** The scripts of a transport, as `scripts/write-lua.ts` writes them. */
export type LedgerScripts<Step extends string> = Readonly<Record<LedgerStep | Step, string>>;

/** Truth about tasks in Redis, for engines whose broker only delivers. One Lua script per step; `Step` are those of a transport's own. */
export class Ledger<Step extends string = never> {
  readonly #options: LedgerOptions;
  readonly #layout: readonly Argument[];
  readonly #run: Readonly<Record<string, Command>>;

  /** @param layout What the transport's own parts of the scripts read at the end of their arguments. */
  constructor(options: LedgerOptions, scripts: LedgerScripts<Step>, layout: readonly Argument[] = []) {
    this.#options = options;
    this.#layout = layout;
    this.#run = commands(options.redis, scripts);
  }

  /** @param publish Publishes those that are due, in place of the ledger's own. */
  async enqueue(entries: readonly LedgerEntry[], publish?: LedgerOptions['publish']): Promise<readonly Enqueued[]> {
    const flat = await this.call('enqueue', [entries.length, ...entries.flatMap(taskArguments)], { publish });
    if (typeof flat === 'string') {
      const [name, before] = flat.split('\n');
      throw new CortadoError('CORTADO_TASK_NOT_FOUND', `"${name}" waits for ${before}, but there is no such task.`);
    }
    const results = flat as (string | number)[];
    return entries.map((_, at) => ({ id: String(results[at * 2]), created: results[at * 2 + 1] === 1 }));
  }

  async start(worker: string, lease: number, deliveries: readonly Delivery[]): Promise<readonly Start[]> {
    const groups = byQueue(deliveries);
    const args = [worker, lease, groups.length, ...groups.flatMap(deliveryArguments)];
    const now = this.#options.host.clock.now();
    const results = (await this.call('start', args, { now })) as (string | Columns)[];
    return results.map((result, at): Start => {
      const { id, queue } = deliveries[at]!;
      if (typeof result !== 'string') return { verdict: result[0], task: readTask(id, fieldsOf(result[1] ?? [])) };
      const fields = { state: 'running', queue, body: result, startedAt: String(now), worker };
      return { verdict: 'run', task: readTask(id, fields) };
    });
  }

  /** For each end whether it was stored; `cancelled` when the task was to stop instead of running again. */
  async finish(ends: readonly LedgerEnd[]): Promise<readonly (boolean | 'cancelled')[]> {
    const args: Argument[] = [ends.length];
    for (const end of ends) args.push(...endArguments(end));
    const results = (await this.call('finish', args)) as number[];
    return results.map((result) => (result === 2 ? 'cancelled' : result === 1));
  }

  async get(id: string): Promise<LedgerTask | undefined> {
    return (await this.getMany([id]))[0];
  }

  async getMany(ids: readonly string[]): Promise<readonly (LedgerTask | undefined)[]> {
    const { redis, prefix } = this.#options;
    const hashes = await this.guard(() =>
      Promise.all(ids.map((id) => redis.hgetall(`${prefix}t:${id}`).catch(unlessSpoilt))),
    );
    return hashes.map((fields, at) => readTask(ids[at]!, fields));
  }

  async cancel(id: string, reason: string): Promise<CancelResult> {
    const text = reason.toWellFormed();
    return ((await this.call('cancel', [id, JSON.stringify(cancelledBecause(text)), text])) ||
      undefined) as CancelResult;
  }

  async maintain({ maxCrashes }: MaintenancePolicy): Promise<Maintenance> {
    const crashed = crashedBecause(maxCrashes, undefined).message;
    const [promoted, expired, nextAt, recovered, quarantined] = (await this.call('maintain', [
      maxCrashes,
      crashed,
    ])) as [promoted: number, expired: number, nextAt: string, recovered: string[], quarantined: string[]];
    return { promoted, expired, recovered, quarantined, nextAt: nextAt === '' ? undefined : Number(nextAt) };
  }

  async leave(worker: string): Promise<void> {
    await this.call('leave', [worker]);
  }

  /** Notes that these were sent, and wakes the workers of `queues`; `*` stands for all of them. */
  async sent(notes: readonly string[], queues: readonly string[]): Promise<void> {
    if (notes.length > 0) await this.call('sent', [notes.length, ...notes, queues.length, ...queues]);
  }

  /** Stores what the messages of tasks say that run, where the ledger knew otherwise. */
  async describe(tasks: readonly DescribedTask[]): Promise<void> {
    if (tasks.length > 0) await this.call('describe', [tasks.length, ...tasks.flatMap(describedArguments)]);
  }

  /** How many of a queue may start now. */
  async room({ queue, concurrency, rate }: QueueDemand): Promise<number> {
    if (concurrency === undefined && rate === undefined) return Number.POSITIVE_INFINITY;
    return (await this.call('room', [queue, concurrency ?? 0, rate?.limit ?? 0, rate?.per ?? 0])) as number;
  }

  async list(filter: TaskFilter, limit: number, cursor: string | undefined): Promise<TaskPage> {
    checkCursor(cursor);
    const { redis, prefix } = this.#options;
    const found: { seq: string; record: TaskRecord }[] = [];
    let before = cursor;
    while (found.length <= limit) {
      const max = before === undefined ? '+inf' : `(${before}`;
      const page = await this.guard(() =>
        redis.zrevrangebyscore(`${prefix}all`, max, '-inf', 'WITHSCORES', 'LIMIT', 0, 200),
      );
      const ids = page.filter((_, at) => at % 2 === 0);
      const tasks = await this.getMany(ids);
      for (const [at, task] of tasks.entries()) {
        if (task !== undefined && fitsFilter(task.record, filter))
          found.push({ seq: page[at * 2 + 1]!, record: task.record });
      }
      before = page.at(-1);
      if (ids.length < 200) break;
    }
    const tasks = found.slice(0, limit);
    return { tasks: tasks.map(({ record }) => record), cursor: found.length > limit ? tasks.at(-1)?.seq : undefined };
  }

  /** @param messageOf The message that the transport's `push` gets. */
  async retry(id: string, messageOf: (task: LedgerTask) => string = () => ''): Promise<RetryResult> {
    for (;;) {
      const task = await this.get(id);
      if (task === undefined) return undefined;
      const result = await this.call('retry', [id, messageOf(task), task.sent === undefined ? 0 : 1]);
      if (typeof result === 'string') return result === '' ? undefined : { heldBy: result };
      if (result !== 2) return result === 1;
    }
  }

  async holderOf(unique: string): Promise<string | undefined> {
    const { redis, prefix } = this.#options;
    return (await this.guard(() => redis.get(`${prefix}uq:${unique}`))) ?? undefined;
  }

  async enqueueSlot(schedule: string, slot: number, entry: LedgerEntry): Promise<boolean> {
    return (await this.call('slot', [schedule, slot, ...taskArguments(entry)])) === 1;
  }

  /** Runs a script, and publishes what it says is due. */
  async call(
    step: LedgerStep | Step,
    args: readonly Argument[],
    { publish = this.#options.publish, now = this.#options.host.clock.now() }: CallOptions = {},
  ): Promise<unknown> {
    const [value, notes] = await this.guard(() => this.#run[step]!([this.#options.prefix, now], args, this.#layout));
    if (notes.length > 0) await publish?.(notes);
    return value;
  }

  /** Asks Redis by itself; that it is away is an error of ours. */
  async guard<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw redisError('QUEUE', this.#options.url, error);
    }
  }
}

// Somebody else has put something under the key of a task, which is none to us: the others of its page are.
function unlessSpoilt(error: Error): Record<string, string> {
  if (error.message.startsWith('WRONGTYPE')) return {};
  throw error;
}

interface CallOptions {
  readonly publish?: LedgerOptions['publish'] | undefined;
  readonly now?: number;
}

// Without keys: a script learns as it goes which tasks wait for one, which worker has it, and who holds its unique key.
function commands(redis: Redis, scripts: Readonly<Record<string, string>>): Record<string, Command> {
  const run: Record<string, Command> = {};
  for (const [step, lua] of Object.entries(scripts)) {
    const command = `cortado_${step}`;
    redis.defineCommand(command, { numberOfKeys: 0, lua });
    run[step] = (...parts) => (redis as unknown as Record<string, Command>)[command]!(...parts);
  }
  return run;
}
