import { celeryMissing } from '../support/celery-worker.ts';
import { rabbitMissing, startRabbit } from '../support/rabbitmq-server.ts';
import { redisMissing, startRedis } from '../support/redis-server.ts';
import { testInterop } from './interop-suite.ts';

if (redisMissing() === undefined && rabbitMissing() === undefined && celeryMissing() === undefined) {
  testInterop('Celery over RabbitMQ', {
    priorities: { high: 9, low: 0 },
    celeryPriorities: { high: 9, low: 0 },
    setUp: async () => {
      const [redis, rabbit] = await Promise.all([startRedis(), startRabbit()]);
      const url = `celery+${rabbit.url}?maxPriority=10&backend=${encodeURIComponent(redis.url)}`;
      const stop = async (): Promise<void> => {
        await rabbit[Symbol.asyncDispose]();
        await redis[Symbol.asyncDispose]();
      };
      return { url, peer: { broker: rabbit.url, backend: redis.url, maxPriority: 10 }, stop };
    },
  });
}
