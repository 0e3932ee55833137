import { celery } from '../../../../src/queue/engines/celery/celery.ts';
import { type RabbitServer, rabbitMissing, startRabbit } from '../../../support/rabbitmq-server.ts';
import { type RedisServer, redisMissing, startRedis } from '../../../support/redis-server.ts';
import { testEngine } from './engine-suite.ts';

let redis: RedisServer;
let rabbit: RabbitServer;
testEngine('celery over RabbitMQ', {
  missing: redisMissing() ?? rabbitMissing(),
  make: () => celery({ url: `celery+${rabbit.url}`, backend: redis.url, maxPriority: 10 }),
  setUp: async () => {
    [redis, rabbit] = await Promise.all([startRedis(), startRabbit()]);
  },
  tearDown: async () => {
    await rabbit[Symbol.asyncDispose]();
    await redis[Symbol.asyncDispose]();
  },
});
