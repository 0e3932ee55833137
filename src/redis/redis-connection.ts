import type { Redis } from 'ioredis';
import { type CortadoError, serverUnreachable } from '../base/error.ts';
import { loadPeer } from '../base/process/load-peer.ts';
import { shownUrl } from '../base/show/shown-url.ts';

/** For whom: the errors have codes like `CORTADO_QUEUE_UNREACHABLE`. */
export type RedisUser = 'QUEUE' | 'CHANNEL';

export interface RedisConnectionOptions {
  readonly user: RedisUser;
  /** Of the form `redis://user:password@host:6379/0`; `rediss://` for TLS. */
  readonly url: string;
  /**
   * What calls do while the server is away: `fail` (default) rejects them with `CORTADO_…_UNREACHABLE` after about four seconds, `wait`
   * holds them until it is back.
   */
  readonly whenUnreachable?: 'fail' | 'wait';
  /**
   * Milliseconds after which a connection on which nothing is answered is given up for another one. Default: it is kept as long as the system
   * keeps it.
   */
  readonly longestSilence?: number;
}

// 50 + 100 + … + 500, then 500 each: about four seconds in all.
const patience = 12;

/** Opens a connection, and waits until it is there. Throws `CORTADO_…_UNREACHABLE`. */
export async function connectRedis(options: RedisConnectionOptions): Promise<Redis> {
  const { user, url, whenUnreachable, longestSilence } = options;
  const missing = 'Redis needs the package ioredis: run `npm install ioredis`.';
  const { Redis: Client } = await loadPeer(() => import('ioredis'), `CORTADO_${user}_URL`, missing);
  const redis = new Client(url, {
    lazyConnect: true,
    connectTimeout: 5000,
    retryStrategy: (times) => Math.min(times * 50, 500),
    maxRetriesPerRequest: whenUnreachable === 'wait' ? null : patience,
    ...(longestSilence !== undefined && { socketTimeout: longestSilence }),
  });
  // Without a listener ioredis prints them; the calls that fail tell what is wrong.
  redis.on('error', () => {});
  try {
    await redis.connect();
    await redis.ping();
    return redis;
  } catch (error) {
    redis.disconnect();
    throw unreachable(user, url, error);
  }
}

/** Why a server cannot be reached right now, as far as its connection knows. */
export function redisAway({ status }: Redis, url: string): string | undefined {
  const isGone = status === 'reconnecting' || status === 'close' || status === 'end';
  return isGone ? `${serverAt(url)} cannot be reached` : undefined;
}

/** Ends a connection for good: whatever waits for the server rejects now, also in the midst of a reconnection. */
export function closeRedis(redis: Redis | undefined): void {
  // Where the opening failed before.
  if (redis === undefined) return;
  const wasReconnecting = redis.status === 'reconnecting';
  redis.disconnect();
  if (!wasReconnecting) return;
  // Between two tries there is no socket whose end would tell ioredis, and its calls would wait for ever: one more try ends at once.
  redis.connect().catch(() => {});
  redis.disconnect();
}

/** The error of a call whose server is away; any other error as it is, unless its message is one `alsoAway`. */
export function redisError(user: RedisUser, url: string, error: unknown, alsoAway?: RegExp): unknown {
  const { name, message } = error as Error;
  const isAway =
    name === 'MaxRetriesPerRequestError' ||
    alsoAway?.test(message) === true ||
    /Connection is closed|ECONNREFUSED|ECONNRESET|LOADING|Stream isn't writeable/.test(message);
  return isAway ? unreachable(user, url, error) : error;
}

function serverAt(url: string): string {
  return `Redis at ${shownUrl(url)}`;
}

function unreachable(user: RedisUser, url: string, cause: unknown): CortadoError {
  return serverUnreachable(`CORTADO_${user}_UNREACHABLE`, serverAt(url), cause);
}
