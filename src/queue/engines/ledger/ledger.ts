import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import { CortadoError } from '../../../base/error.ts';
import { checkCursor } from '../../contract/check-cursor.ts';
import type {
  CancelResult,
  ClaimRef,
  EngineHost,
  Enqueued,
  Interruption,
  Maintenance,
  MaintenancePolicy,
  RetryResult,
  TaskFilter,
  TaskPage,
} from '../../contract/engine.ts';
import type { LogLine, Progress, TaskRecord, TaskState } from '../../contract/task-record.ts';
import { redisError } from '../redis/redis-connection.ts';
import {
  byQueue,
  type Delivery,
  deliveryArguments,
  endArguments,
  type LedgerEnd,
  type LedgerEntry,
  plainArguments,
  taskArguments,
} from './ledger-arguments.ts';
import { bodies, header, type Step, steps } from './ledger-lua.ts';
import { fieldsOf, type LedgerTask, readTask } from './ledger-record.ts';

/** Options of a {@link Ledger}. */
export interface LedgerOptions {
  readonly redis: Redis;
  readonly url: string;
  /** Of all its keys. */
  readonly prefix: string;
  /** Lua of the transport; see `ledger-lua.ts`. */
  readonly hooks: string;
  /** Bodies of scripts that only this transport has. */
  readonly scripts?: Readonly<Record<string, string>>;
  readonly host: EngineHost;
  /** Publishes tasks that are due, in the process that a script told of them; never rejects. */
  readonly publish?: (ids: readonly string[]) => Promise<void>;
}

/** What became of a delivery: to be run, of a task that is known or met for the first time; over; not due yet; not now. */
export interface Start {
  readonly verdict: 'run' | 'adopt' | 'drop' | 'hold' | 'later';
  readonly task: LedgerTask | undefined;
}

type Reply = readonly [value: unknown, outgoing: readonly string[]];

type Columns = readonly [verdict: Start['verdict'], values?: readonly (string | number | null)[]];

// The client takes lists, and joins them.
type Command = (common: readonly (string | number)[], args: readonly (string | number)[]) => Promise<Reply>;

/** Truth about tasks in Redis, for engines whose broker only delivers. One Lua script per step. */
export class Ledger {
  readonly #options: LedgerOptions;
  readonly #run: Record<string, Command>;
  #identity: string | undefined;

  constructor(options: LedgerOptions) {
    this.#options = options;
    this.#run = commands(options);
  }

  /** @param publish Publishes those that are due, in place of the ledger's own. */
  async enqueue(
    entries: readonly LedgerEntry[],
    publish: LedgerOptions['publish'] = this.#options.publish,
  ): Promise<readonly Enqueued[]> {
    const plain = plainArguments(entries);
    if (plain !== undefined) {
      const known = new Set((await this.#call(publish, 'enqueuePlain', plain)) as number[]);
      return entries.map(({ task: { id } }, at) => ({ id, created: !known.has(at) }));
    }
    const args = [entries.length, ...entries.flatMap(taskArguments)];
    const flat = await this.#call(publish, 'enqueue', args);
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
    const results = (await this.#call(this.#options.publish, 'start', args, now)) as (string | Columns)[];
    return results.map((result, at): Start => {
      const { id, queue } = deliveries[at]!;
      if (typeof result !== 'string') return { verdict: result[0], task: readTask(id, fieldsOf(result[1] ?? [])) };
      const fields = { state: 'running', queue, body: result, startedAt: String(now), worker };
      return { verdict: 'run', task: readTask(id, fields) };
    });
  }

  /** The same in all processes that share this ledger, and in no others. */
  async identity(): Promise<string> {
    this.#identity ??= (await this.call('identify', randomUUID())) as string;
    return this.#identity;
  }

  async heartbeat(worker: string, claims: readonly ClaimRef[], lease: number): Promise<Interruption[]> {
    const args = claims.flatMap(({ id, token }) => [id, token]);
    const results = (await this.call('heartbeat', worker, lease, claims.length, ...args)) as number[];
    return claims.flatMap((claim, at): Interruption[] => {
      if (results[at] === 0) return [];
      return [{ id: claim.id, token: claim.token, why: results[at] === 1 ? 'lost' : 'cancelled' }];
    });
  }

  /** For each end whether it was stored; `cancelled` when the task was to stop instead of running again. */
  async finish(ends: readonly LedgerEnd[]): Promise<readonly (boolean | 'cancelled')[]> {
    const args: (string | number)[] = [ends.length];
    for (const end of ends) args.push(...endArguments(end));
    const results = (await this.#call(this.#options.publish, 'finish', args)) as number[];
    return results.map((result) => (result === 2 ? 'cancelled' : result === 1));
  }

  async get(id: string): Promise<LedgerTask | undefined> {
    return (await this.getMany([id]))[0];
  }

  async getMany(ids: readonly string[]): Promise<readonly (LedgerTask | undefined)[]> {
    const { redis, prefix } = this.#options;
    const hashes = await this.#guard(() => Promise.all(ids.map((id) => redis.hgetall(`${prefix}t:${id}`))));
    return hashes.map((fields, at) => readTask(ids[at]!, fields));
  }

  async cancel(id: string, reason: string): Promise<CancelResult> {
    return ((await this.call('cancel', id, reason.toWellFormed())) || undefined) as CancelResult;
  }

  async maintain({ maxCrashes }: MaintenancePolicy): Promise<Maintenance> {
    const [promoted, expired, nextAt, recovered, quarantined] = (await this.call('maintain', maxCrashes)) as [
      number,
      number,
      string,
      string[],
      string[],
    ];
    return { promoted, expired, recovered, quarantined, nextAt: nextAt === '' ? undefined : Number(nextAt) };
  }

  async leave(worker: string): Promise<void> {
    await this.call('leave', worker);
  }

  /** Notes that these were sent, and wakes the workers of `queues`. */
  async sent(ids: readonly string[], queues: readonly string[] = []): Promise<void> {
    if (ids.length > 0) await this.call('sent', ids.length, ...ids, queues.length, ...queues);
  }

  async setProgress({ id, token }: ClaimRef, progress: Progress): Promise<boolean> {
    return (await this.call('progress', id, token, JSON.stringify(progress))) === 1;
  }

  async addLogs({ id, token }: ClaimRef, lines: readonly Omit<LogLine, 'seq'>[]): Promise<boolean> {
    return (await this.call('logs', id, token, lines.length, ...lines.map((line) => JSON.stringify(line)))) === 1;
  }

  async logs(id: string, after: number, limit: number): Promise<readonly LogLine[]> {
    const { redis, prefix } = this.#options;
    const lines = await this.#guard(() => redis.lrange(`${prefix}logs:${id}`, after, after + limit - 1));
    return lines.map((line, at) => ({ ...(JSON.parse(line) as Omit<LogLine, 'seq'>), seq: after + at + 1 }));
  }

  async list(filter: TaskFilter, limit: number, cursor: string | undefined): Promise<TaskPage> {
    checkCursor(cursor);
    const { redis, prefix } = this.#options;
    const found: { seq: string; record: TaskRecord }[] = [];
    let before = cursor;
    while (found.length <= limit) {
      const max = before === undefined ? '+inf' : `(${before}`;
      const page = await this.#guard(() =>
        redis.zrevrangebyscore(`${prefix}all`, max, '-inf', 'WITHSCORES', 'LIMIT', 0, 200),
      );
      const ids = page.filter((_, at) => at % 2 === 0);
      const tasks = await this.getMany(ids);
      for (const [at, task] of tasks.entries()) {
        if (task !== undefined && fits(task.record, filter))
          found.push({ seq: page[at * 2 + 1]!, record: task.record });
      }
      before = page.at(-1);
      if (ids.length < 200) break;
    }
    const tasks = found.slice(0, limit);
    return { tasks: tasks.map(({ record }) => record), cursor: found.length > limit ? tasks.at(-1)?.seq : undefined };
  }

  async counts(): Promise<Record<string, Partial<Record<TaskState, number>>>> {
    const { redis, prefix } = this.#options;
    const flat = await this.#guard(() => redis.hgetall(`${prefix}counts`));
    const counts: Record<string, Partial<Record<TaskState, number>>> = {};
    for (const [field, count] of Object.entries(flat)) {
      const cut = field.lastIndexOf('\n');
      if (Number(count) > 0) (counts[field.slice(0, cut)] ??= {})[field.slice(cut + 1) as TaskState] = Number(count);
    }
    return counts;
  }

  /** @param messageOf The message that the transport's `push` gets. */
  async retry(id: string, messageOf: (task: LedgerTask) => string = () => ''): Promise<RetryResult> {
    for (;;) {
      const task = await this.get(id);
      if (task === undefined) return undefined;
      const result = await this.call('retry', id, messageOf(task), task.sent === undefined ? 0 : 1);
      if (typeof result === 'string') return result === '' ? undefined : { heldBy: result };
      if (result !== 2) return result === 1;
    }
  }

  /** The unfinished task that has a unique key. */
  async holderOf(unique: string): Promise<string | undefined> {
    const { redis, prefix } = this.#options;
    return (await this.#guard(() => redis.get(`${prefix}uq:${unique}`))) ?? undefined;
  }

  async prune(states: readonly TaskState[], before: number, limit: number): Promise<number> {
    let pruned = 0;
    for (const state of states) pruned += (await this.call('prune', state, before, limit - pruned)) as number;
    return pruned;
  }

  async lastSlot(schedule: string): Promise<number | undefined> {
    const { redis, prefix } = this.#options;
    const slot = await this.#guard(() => redis.hget(`${prefix}slots`, schedule));
    return slot === null ? undefined : Number(slot);
  }

  async enqueueSlot(schedule: string, slot: number, entry: LedgerEntry): Promise<boolean> {
    return (await this.call('slot', schedule, slot, ...taskArguments(entry))) === 1;
  }

  /** Runs a script, and publishes what it says is due. */
  call(step: Step | (string & {}), ...args: (string | number)[]): Promise<unknown> {
    return this.#call(this.#options.publish, step, args);
  }

  async #call(
    publish: LedgerOptions['publish'],
    step: string,
    args: readonly (string | number)[],
    now = this.#options.host.clock.now(),
  ): Promise<unknown> {
    const [value, outgoing] = await this.#guard(() => this.#run[step]!([this.#options.prefix, now], args));
    if (outgoing.length > 0) await publish?.(outgoing);
    return value;
  }

  async #guard<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw redisError(this.#options.url, error);
    }
  }
}

function commands({ redis, hooks, scripts }: LedgerOptions): Record<string, Command> {
  const run: Record<string, Command> = {};
  for (const [step, body] of Object.entries({ ...bodies, ...scripts })) {
    const command = `cortado_${step}`;
    redis.defineCommand(command, { numberOfKeys: 0, lua: header + hooks + steps + body });
    run[step] = (common, args) => (redis as unknown as Record<string, Command>)[command]!(common, args);
  }
  return run;
}

function fits(task: TaskRecord, { states, queue, name }: TaskFilter): boolean {
  return (
    (states === undefined || states.includes(task.state)) &&
    (queue === undefined || task.queue === queue) &&
    (name === undefined || task.name === name)
  );
}
