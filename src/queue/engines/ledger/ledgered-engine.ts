import type { Redis } from 'ioredis';
import type {
  CancelResult,
  Claim,
  ClaimRef,
  ClaimRequest,
  EngineHost,
  Enqueued,
  Finish,
  Interruption,
  Maintenance,
  MaintenancePolicy,
  NewTask,
  RetryResult,
  TaskFilter,
  TaskPage,
  TaskStorage,
  WorkerSide,
} from '../../contract/engine.ts';
import type { LogLine, Progress, TaskRecord, TaskState } from '../../contract/task-record.ts';
import { Watchers } from '../../contract/watchers.ts';
import { RedisListener, type RedisListenerOptions } from '../redis/redis-listener.ts';
import type { Ledger, LedgerOptions } from './ledger.ts';

export type LedgeredOptions = Pick<LedgerOptions, 'host' | 'redis' | 'prefix'>;

/**
 * Both halves of an open engine whose tasks are in a ledger: all that a ledger does by itself. A transport extends it: it hands tasks over, takes
 * them, and ends them.
 */
export abstract class LedgeredEngine implements TaskStorage, WorkerSide {
  protected abstract readonly ledger: Ledger;
  protected readonly host: EngineHost;
  protected readonly redis: Redis;
  protected readonly prefix: string;
  protected readonly watchers: Watchers = new Watchers();
  #listener: RedisListener | undefined;
  #hearsChanges = false;

  constructor({ host, redis, prefix }: LedgeredOptions) {
    this.host = host;
    this.redis = redis;
    this.prefix = prefix;
  }

  abstract readonly away: string | undefined;
  abstract enqueue(tasks: readonly NewTask[]): Promise<readonly Enqueued[]>;
  abstract enqueueSlot(schedule: string, slot: number, task: NewTask): Promise<boolean>;
  abstract retry(id: string): Promise<RetryResult>;
  abstract claim(request: ClaimRequest): Promise<readonly Claim[]>;
  abstract finish(ends: readonly Finish[]): Promise<readonly boolean[]>;

  async heartbeat(worker: string, claims: readonly ClaimRef[], lease: number): Promise<readonly Interruption[]> {
    const args = [worker, lease, claims.length, ...claims.flatMap(({ id, token }) => [id, token])];
    const results = (await this.ledger.call('heartbeat', args)) as number[];
    return claims.flatMap((claim, at): Interruption[] => {
      if (results[at] === 0) return [];
      return [{ id: claim.id, token: claim.token, why: results[at] === 1 ? 'lost' : 'cancelled' }];
    });
  }

  async get(id: string): Promise<TaskRecord | undefined> {
    return (await this.ledger.get(id))?.record;
  }

  cancel(id: string, reason: string): Promise<CancelResult> {
    return this.ledger.cancel(id, reason);
  }

  maintain(policy: MaintenancePolicy): Promise<Maintenance> {
    return this.ledger.maintain(policy);
  }

  async setProgress({ id, token }: ClaimRef, progress: Progress): Promise<boolean> {
    return (await this.ledger.call('progress', [id, token, JSON.stringify(progress)])) === 1;
  }

  async addLogs({ id, token }: ClaimRef, lines: readonly Omit<LogLine, 'seq'>[]): Promise<boolean> {
    return (
      (await this.ledger.call('logs', [id, token, lines.length, ...lines.map((line) => JSON.stringify(line))])) === 1
    );
  }

  async logs(id: string, after: number, limit: number): Promise<readonly LogLine[]> {
    const lines = await this.ledger.guard(() =>
      this.redis.lrange(`${this.prefix}logs:${id}`, after, after + limit - 1),
    );
    return lines.map((line, at) => ({ ...(JSON.parse(line) as Omit<LogLine, 'seq'>), seq: after + at + 1 }));
  }

  list(filter: TaskFilter, limit: number, cursor: string | undefined): Promise<TaskPage> {
    return this.ledger.list(filter, limit, cursor);
  }

  async counts(): Promise<Record<string, Partial<Record<TaskState, number>>>> {
    const flat = await this.ledger.guard(() => this.redis.hgetall(`${this.prefix}counts`));
    const counts: Record<string, Partial<Record<TaskState, number>>> = {};
    for (const [field, count] of Object.entries(flat)) {
      const cut = field.lastIndexOf('\n');
      if (Number(count) > 0) (counts[field.slice(0, cut)] ??= {})[field.slice(cut + 1) as TaskState] = Number(count);
    }
    return counts;
  }

  async prune(states: readonly TaskState[], before: number, limit: number): Promise<number> {
    let pruned = 0;
    for (const state of states) pruned += (await this.ledger.call('prune', [state, before, limit - pruned])) as number;
    return pruned;
  }

  async lastSlot(schedule: string): Promise<number | undefined> {
    const slot = await this.ledger.guard(() => this.redis.hget(`${this.prefix}slots`, schedule));
    return slot === null ? undefined : Number(slot);
  }

  watch(id: string | undefined, listener: () => void): () => void {
    const stop = this.watchers.add(id, listener);
    this.#hearChanges();
    return stop;
  }

  /** Hears of work and of what is to be interrupted, of changes where somebody watches, and of what else the transport has channels for. */
  async listen({
    channels = [],
    onMessage,
    onBack,
    ...more
  }: Partial<Omit<RedisListenerOptions, 'redis'>>): Promise<void> {
    const [wake, interrupt, changed] = [`${this.prefix}wake`, `${this.prefix}interrupt`, `${this.prefix}changed`];
    this.#listener = await RedisListener.open({
      ...more,
      redis: this.redis,
      channels: [wake, interrupt, ...channels],
      onMessage: (channel, text) => {
        if (channel === wake) this.host.wake();
        else if (channel === interrupt) this.interrupted();
        else if (channel === changed) for (const id of text.split('\n')) this.watchers.notify(id);
        else onMessage?.(channel, text);
      },
      onBack: () => {
        this.watchers.notifyAll();
        this.host.wake();
        onBack?.();
      },
    });
  }

  protected stopListening(): void {
    this.#listener?.close();
    this.#listener = undefined;
  }

  protected interrupted(): void {
    this.host.interrupt();
  }

  // Workers, and those who only enqueue, need not hear of every change. Who watches reads once more when it can be heard.
  #hearChanges(): void {
    if (this.#hearsChanges || this.#listener === undefined) return;
    this.#hearsChanges = true;
    void this.#listener.add(`${this.prefix}changed`).then(() => this.watchers.notifyAll());
  }
}
