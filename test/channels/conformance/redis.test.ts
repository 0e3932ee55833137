import { redisChannels } from '../../../src/channels/engines/redis/redis-engine.ts';
import { type RedisServer, redisMissing, startRedis } from '../../support/redis-server.ts';
import { testChannels } from './channel-suite.ts';

let server: RedisServer;

testChannels('Redis', {
  missing: redisMissing(),
  setUp: async () => {
    server = await startRedis();
  },
  make: () => redisChannels(server.url),
  tearDown: async () => server[Symbol.asyncDispose](),
});
