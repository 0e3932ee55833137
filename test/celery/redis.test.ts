import { celeryMissing } from '../support/celery-worker.ts';
import { redisMissing, startRedis } from '../support/redis-server.ts';
import { testInterop } from './interop-suite.ts';

if (redisMissing() === undefined && celeryMissing() === undefined) {
  testInterop('Celery over Redis', {
    priorities: { high: 0, low: -9 },
    celeryPriorities: { high: 0, low: 9 },
    setUp: async () => {
      const server = await startRedis();
      const stop = async (): Promise<void> => server[Symbol.asyncDispose]();
      return { url: `celery+${server.url}`, peer: { broker: server.url, backend: server.url }, stop };
    },
  });
}
