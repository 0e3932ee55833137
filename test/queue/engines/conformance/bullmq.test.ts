import { bullmq } from '../../../../src/queue/engines/bullmq/bullmq-engine.ts';
import { type RedisServer, redisMissing, startRedis } from '../../../support/redis-server.ts';
import { testEngine } from './engine-suite.ts';

let server: RedisServer;
testEngine('bullmq', {
  missing: redisMissing(),
  make: () => bullmq({ url: server.url }),
  setUp: async () => {
    server = await startRedis();
  },
  tearDown: async () => server[Symbol.asyncDispose](),
});
