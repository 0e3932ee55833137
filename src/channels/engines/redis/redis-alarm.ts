import type { Redis } from 'ioredis';
import { tellAll } from '../../../base/process/tell-all.ts';
import { listenToRedis } from '../../../redis/redis-listener.ts';

type Listener = (streams: readonly string[] | undefined) => void;

// Milliseconds between two tries to listen.
const tryEvery = 1000;

/** Hears of events that were committed, on a connection of its own as long as somebody listens. */
export class RedisAlarm {
  readonly #redis: Redis;
  readonly #channel: string;
  readonly #listeners = new Set<Listener>();
  #listening: AbortController | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(redis: Redis, channel: string) {
    this.#redis = redis;
    this.#channel = channel;
    // A connection on which nobody says anything is not known to be dead.
    redis.on('close', () => {
      if (this.#listening === undefined) return;
      this.#end();
      void this.#listen();
    });
  }

  add(listener: Listener): Disposable {
    const entry: Listener = (streams) => listener(streams);
    this.#listeners.add(entry);
    if (this.#listening === undefined) void this.#listen();
    return {
      [Symbol.dispose]: () => {
        this.#listeners.delete(entry);
        if (this.#listeners.size === 0) this.#end();
      },
    };
  }

  close(): void {
    this.#listeners.clear();
    this.#end();
  }

  async #listen(): Promise<void> {
    const listening = new AbortController();
    this.#listening = listening;
    const { signal } = listening;
    try {
      await listenToRedis({
        redis: this.#redis,
        channels: [this.#channel],
        onMessage: (_channel, text) => tellAll(this.#listeners, text.split('\n')),
        // Nobody knows what was missed.
        onBack: () => tellAll(this.#listeners, undefined),
        signal,
      });
      if (!signal.aborted) tellAll(this.#listeners, undefined);
    } catch {
      // Whoever reads looks once a second as well.
      if (!signal.aborted) this.#timer = setTimeout(() => void this.#listen(), tryEvery).unref();
    }
  }

  #end(): void {
    clearTimeout(this.#timer);
    this.#listening?.abort();
    this.#listening = undefined;
  }
}
