import { celery } from '../../src/queue/engines/celery/celery.ts';
import { type RedisServer, redisMissing, startRedis } from '../support/redis-server.ts';
import { testEngine } from './engine-suite.ts';

if (redisMissing() === undefined) {
  let server: RedisServer;
  testEngine('celery over Redis', {
    make: () => celery({ url: `celery+${server.url}` }),
    setUp: async () => {
      server = await startRedis();
    },
    tearDown: async () => server[Symbol.asyncDispose](),
  });
}
