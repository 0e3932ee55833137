import { celery } from '../../../../src/queue/engines/celery/celery.ts';
import { type RedisServer, redisMissing, startRedis } from '../../../support/redis-server.ts';
import { testEngine } from './engine-suite.ts';

let server: RedisServer;
testEngine('celery over Redis', {
  missing: redisMissing(),
  make: () => celery({ url: `celery+${server.url}` }),
  setUp: async () => {
    server = await startRedis();
  },
  tearDown: async () => server[Symbol.asyncDispose](),
});
