import type { Redis } from 'ioredis';
import { CortadoError } from '../../../base/error.ts';
import { shownUrl } from '../../../base/show/shown-url.ts';
import { settledBy } from '../../../concurrency/settled-by.ts';
import { closeRedis, connectRedis, redisAway } from '../../../redis/redis-connection.ts';
import type { ChannelEngine, ChannelHost, OpenChannels } from '../../contract/engine.ts';
import { ChannelStore, prefix } from './channel-store.ts';
import { RedisAlarm } from './redis-alarm.ts';

const oldest = 7;
const mostDropped = 1000;
// A network that swallows everything must make nobody deaf.
const longestSilence = 5000;

/**
 * Keeps events in streams of Redis 7 or later, one for each channel and params; not in a Redis Cluster. Needs the package ioredis.
 *
 * @param url Of the form `redis://user:password@host:6379/0`; `rediss://` for TLS.
 */
export function redisChannels(url: string): ChannelEngine {
  return {
    kind: 'redis',
    label: shownUrl(url),
    shared: true,
    open: (host) => openRedis(url, host),
  };
}

async function openRedis(url: string, { process, presenceTimeout, clock }: ChannelHost): Promise<OpenChannels> {
  const redis = await connectRedis({ user: 'CHANNEL', url, longestSilence });
  try {
    await checkServer(redis, url);
  } catch (error) {
    closeRedis(redis);
    throw error;
  }
  const store = new ChannelStore(redis, url, clock);
  const alarm = new RedisAlarm(redis, `${prefix}alarm`);
  let hasBeaten = false;
  return {
    get away() {
      return redisAway(redis, url);
    },

    check: () => store.check(),
    publish: (events) => store.publish(events),
    read: (stream, after, limit) => store.read(stream, after, limit),
    heads: (streams) => store.heads(streams),
    listen: (listener) => alarm.add(listener),

    async trim(channel, { age, count }, streams) {
      const limits = [finiteOr(Math.trunc(age)), mostDropped, finiteOr(count)];
      return (await store.call('trim', [channel, ...limits, streams.length], streams)) as number;
    },

    async enter(members) {
      const each = members.flatMap(({ id, stream, data }) => [id, stream, data]);
      await store.call('enter', [process, members.length, ...each]);
    },

    async leave(ids) {
      await store.call('leave', [process, ids.length, ...ids]);
    },

    async beat() {
      hasBeaten = true;
      return (await store.call('beat', [process, presenceTimeout])) === 1;
    },

    async present(stream) {
      const flat = (await store.call('present', [stream])) as readonly string[];
      return Array.from({ length: flat.length / 2 }, (_, at) => ({ id: flat[at * 2]!, data: flat[at * 2 + 1]! }));
    },

    async close(signal) {
      alarm.close();
      if (hasBeaten && redisAway(redis, url) === undefined) {
        await settledBy(store.call('farewell', [process]), signal);
      }
      closeRedis(redis);
    },
  };
}

/** @throws CortadoError `CORTADO_CHANNEL_UNREACHABLE` where the scripts could not run. */
async function checkServer(redis: Redis, url: string): Promise<void> {
  // A user who may not ask finds out by what fails later.
  const info = await redis.info('server').catch(() => '');
  const version = /redis_version:(\d+)/.exec(info)?.[1];
  const isCluster = info.includes('redis_mode:cluster');
  if (!isCluster && !(Number(version) < oldest)) return;
  const what = isCluster ? 'is a cluster' : `is of version ${version}`;
  throw new CortadoError(
    'CORTADO_CHANNEL_UNREACHABLE',
    `Redis at ${shownUrl(url)} ${what}, and channels need one server of Redis ${oldest} or later.`,
  );
}

/** What is for ever, as the scripts say it. */
function finiteOr(limit: number): number {
  return Number.isFinite(limit) ? limit : -1;
}
