import { celeries } from '../../../support/celery-versions.ts';
import { redisMissing, startRedis } from '../../../support/redis-server.ts';
import { testInterop } from './interop-suite.ts';

for (const celery of celeries('5.2', '5.6')) {
  const skip = redisMissing() ?? celery.skip;
  testInterop(`${celery.title} over Redis`, {
    celery,
    skip,
    priorities: { high: 0, low: -9 },
    celeryPriorities: { high: 0, low: 9 },
    setUp: async () => {
      const server = await startRedis();
      const stop = async (): Promise<void> => server[Symbol.asyncDispose]();
      return { url: `celery+${server.url}`, peer: { celery, broker: server.url, backend: server.url }, stop };
    },
  });
}
