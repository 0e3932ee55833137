import { listenToRedis, type RedisListener, type RedisListenerOptions } from '../../../redis/redis-listener.ts';
import type { Interruption, TaskStorage, WorkerSide } from '../../contract/engine.ts';
import type { LogLine, TaskState } from '../../contract/task-record.ts';
import { Watchers } from '../../contract/watchers.ts';
import type { Ledger, LedgerOptions } from './ledger.ts';

/** All that a ledger does by itself of both halves of an open engine. A transport adds how tasks are handed over, taken and ended. */
export interface LedgeredEngine {
  readonly sides: Required<
    Pick<TaskStorage, 'get' | 'cancel' | 'watch' | 'logs' | 'list' | 'counts' | 'prune'> &
      Pick<WorkerSide, 'heartbeat' | 'maintain' | 'setProgress' | 'addLogs' | 'lastSlot'>
  >;
  readonly watchers: Watchers;
  /** Hears of work and of what is to be interrupted, of changes where somebody watches, and of what else the transport has channels for. */
  listen(options: ListenOptions): Promise<void>;
  stopListening(): void;
}

interface ListenOptions extends Partial<Omit<RedisListenerOptions, 'redis'>> {
  readonly onInterrupt?: () => void;
}

export function ledgeredEngine(
  ledger: Ledger,
  { host, redis, prefix }: Pick<LedgerOptions, 'host' | 'redis' | 'prefix'>,
): LedgeredEngine {
  const watchers = new Watchers();
  const [wake, interrupt, changed] = [`${prefix}wake`, `${prefix}interrupt`, `${prefix}changed`];
  let listener: RedisListener | undefined;
  let hearsChanges = false;

  const sides: LedgeredEngine['sides'] = {
    async heartbeat(worker, claims, lease) {
      const args = [worker, lease, claims.length, ...claims.flatMap(({ id, token }) => [id, token])];
      const results = (await ledger.call('heartbeat', args)) as number[];
      return claims.flatMap(({ id, token }, at): Interruption[] => {
        if (results[at] === 0) return [];
        return [{ id, token, why: results[at] === 1 ? 'lost' : 'cancelled' }];
      });
    },

    get: async (id) => (await ledger.get(id))?.record,

    cancel: (id, reason) => ledger.cancel(id, reason),

    maintain: (policy) => ledger.maintain(policy),

    async setProgress({ id, token }, progress) {
      return (await ledger.call('progress', [id, token, JSON.stringify(progress)])) === 1;
    },

    async addLogs({ id, token }, lines) {
      const texts = lines.map((line) => JSON.stringify(line));
      return (await ledger.call('logs', [id, token, texts.length, ...texts])) === 1;
    },

    async logs(id, after, limit) {
      const lines = await ledger.guard(() => redis.lrange(`${prefix}logs:${id}`, after, after + limit - 1));
      return lines.map((line, at) => ({ ...(JSON.parse(line) as Omit<LogLine, 'seq'>), seq: after + at + 1 }));
    },

    list: (filter, limit, cursor) => ledger.list(filter, limit, cursor),

    async counts() {
      const flat = await ledger.guard(() => redis.hgetall(`${prefix}counts`));
      const counts: Record<string, Partial<Record<TaskState, number>>> = {};
      for (const [field, count] of Object.entries(flat)) {
        const cut = field.lastIndexOf('\n');
        if (Number(count) > 0) (counts[field.slice(0, cut)] ??= {})[field.slice(cut + 1) as TaskState] = Number(count);
      }
      return counts;
    },

    async prune(states, before, limit) {
      let pruned = 0;
      for (const state of states) pruned += (await ledger.call('prune', [state, before, limit - pruned])) as number;
      return pruned;
    },

    async lastSlot(schedule) {
      const slot = await ledger.guard(() => redis.hget(`${prefix}slots`, schedule));
      return slot === null ? undefined : Number(slot);
    },

    watch(id, onChange) {
      const stop = watchers.add(id, onChange);
      // Workers, and those who only enqueue, need not hear of every change. Who watches reads once more when it can be heard.
      if (!hearsChanges && listener !== undefined) {
        hearsChanges = true;
        void listener.add(changed).then(() => watchers.notifyAll());
      }
      return stop;
    },
  };

  return {
    sides,
    watchers,

    async listen({ channels = [], onMessage, onBack, onInterrupt, ...more }) {
      listener = await listenToRedis({
        ...more,
        redis,
        channels: [wake, interrupt, ...channels],
        onMessage: (channel, text) => {
          if (channel === wake) host.wake();
          else if (channel === interrupt) {
            host.interrupt();
            onInterrupt?.();
          } else if (channel === changed) for (const id of text.split('\n')) watchers.notify(id);
          else onMessage?.(channel, text);
        },
        onBack: () => {
          watchers.notifyAll();
          host.wake();
          onBack?.();
        },
      });
    },

    stopListening() {
      listener?.close();
      listener = undefined;
    },
  };
}
