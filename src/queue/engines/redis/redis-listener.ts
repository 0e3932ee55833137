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
}

/**
 * Listens to channels of Redis, also after the connection was lost. ioredis can subscribe again by itself, but leaves a promise behind that
 * rejects, and that nobody holds, when the listener is closed just then.
 */
export class RedisListener {
  readonly #options: RedisListenerOptions;
  readonly #redis: Redis;
  readonly #channels: Set<string>;

  private constructor(options: RedisListenerOptions) {
    this.#options = options;
    this.#channels = new Set(options.channels);
    this.#redis = options.redis.duplicate({ lazyConnect: true, maxRetriesPerRequest: null, autoResubscribe: false });
  }

  static async open(options: RedisListenerOptions): Promise<RedisListener> {
    const listener = new RedisListener(options);
    try {
      await listener.#open();
      return listener;
    } catch (error) {
      listener.close();
      throw error;
    }
  }

  /** Listens to one more channel, for good. Resolves when it does; also later, where the connection is lost. */
  async add(channel: string): Promise<void> {
    if (this.#channels.has(channel)) return;
    this.#channels.add(channel);
    await this.#redis.subscribe(channel).catch(() => {});
  }

  close(): void {
    closeRedis(this.#redis);
  }

  async #open(): Promise<void> {
    const { onMessage, onBack } = this.#options;
    this.#redis.on('error', () => {});
    this.#redis.on('message', onMessage);
    this.#redis.on('pmessage', (_pattern: string, channel: string, text: string) => onMessage(channel, text));
    await this.#redis.connect();
    await this.#subscribe();
    this.#redis.on('ready', () => void this.#subscribe().then(onBack, () => {}));
  }

  async #subscribe(): Promise<void> {
    const { patterns = [] } = this.#options;
    await Promise.all([
      this.#channels.size > 0 && this.#redis.subscribe(...this.#channels),
      patterns.length > 0 && this.#redis.psubscribe(...patterns),
    ]);
  }
}
