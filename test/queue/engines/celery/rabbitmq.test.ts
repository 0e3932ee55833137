import { celeriesOfYears } from '../../../support/celery-versions.ts';
import { rabbitMissing, startRabbit } from '../../../support/rabbitmq-server.ts';
import { redisMissing, startRedis } from '../../../support/redis-server.ts';
import { testInterop } from './interop-suite.ts';

for (const celery of celeriesOfYears('5.2', 'newest')) {
  const skip = redisMissing() ?? rabbitMissing() ?? celery.skip;
  testInterop(`${celery.title} over RabbitMQ`, {
    celery,
    skip,
    priorities: { high: 9, low: 0 },
    celeryPriorities: { high: 9, low: 0 },
    setUp: async () => {
      const [redis, rabbit] = await Promise.all([startRedis(), startRabbit()]);
      const url = `celery+${rabbit.url}?maxPriority=10&backend=${encodeURIComponent(redis.url)}`;
      const stop = async (): Promise<void> => {
        await rabbit[Symbol.asyncDispose]();
        await redis[Symbol.asyncDispose]();
      };
      return { url, peer: { celery, broker: rabbit.url, backend: redis.url, maxPriority: 10 }, stop };
    },
  });
}
