import type { Redis } from 'ioredis';
import { closeRedis } from './redis-connection.ts';

export interface RedisListenerOptions {
  /** The connection whose server it listens to; its own is another one. */
  readonly redis: Redis;
  readonly channels: readonly string[];
  readonly patterns?: readonly string[];
  /** Called with the channel, where a pattern brought it too. */
  readonly onMessage: (channel: string, text: string) => void;
  /** Called when it listens again after a lost connection: nobody knows what was missed. */
  readonly onBack?: () => void;
  /** Ends it, also before it has begun. */
  readonly signal?: AbortSignal;
}

export interface RedisListener {
  /** Listens to one more channel, for good. Resolves when it does; also later, where the connection is lost. */
  add(channel: string): Promise<void>;
  close(): void;
}

/**
 * Listens to channels of Redis, also after the connection was lost. ioredis can subscribe again by itself, but leaves a promise behind that
 * rejects, and that nobody holds, when the listener is closed just then.
 */
export async function listenToRedis(options: RedisListenerOptions): Promise<RedisListener> {
  const { redis, patterns = [], onMessage, onBack, signal } = options;
  const channels = new Set(options.channels);
  const own = redis.duplicate({ lazyConnect: true, maxRetriesPerRequest: null, autoResubscribe: false });
  const subscribe = async (): Promise<void> => {
    await Promise.all([
      channels.size > 0 && own.subscribe(...channels),
      patterns.length > 0 && own.psubscribe(...patterns),
    ]);
  };
  own.on('error', () => {});
  own.on('message', onMessage);
  own.on('pmessage', (_pattern: string, channel: string, text: string) => onMessage(channel, text));
  signal?.addEventListener('abort', () => closeRedis(own), { once: true });
  try {
    await own.connect();
    await subscribe();
  } catch (error) {
    closeRedis(own);
    throw error;
  }
  own.on('ready', () => void subscribe().then(onBack, () => {}));
  return {
    async add(channel) {
      if (channels.has(channel)) return;
      channels.add(channel);
      await own.subscribe(channel).catch(() => {});
    },
    close: () => closeRedis(own),
  };
}
