import { startRabbit } from '../../../support/rabbitmq-server.ts';
import { startRedis } from '../../../support/redis-server.ts';

/** Where a broker and its results are: for Cortado by `url`, for Python by the other two. */
export interface Servers {
  readonly url: string;
  readonly broker: string;
  readonly backend: string;
  readonly stop: () => Promise<void>;
}

/** Starts what Celery needs, on either broker. */
export const servers: Readonly<Record<'Redis' | 'RabbitMQ', () => Promise<Servers>>> = {
  Redis: async () => {
    const server = await startRedis();
    const stop = async (): Promise<void> => server[Symbol.asyncDispose]();
    return { url: `celery+${server.url}`, broker: server.url, backend: server.url, stop };
  },
  RabbitMQ: async () => {
    const [redis, rabbit] = await Promise.all([startRedis(), startRabbit()]);
    const url = `celery+${rabbit.url}?backend=${encodeURIComponent(redis.url)}`;
    const stop = async (): Promise<void> => {
      await rabbit[Symbol.asyncDispose]();
      await redis[Symbol.asyncDispose]();
    };
    return { url, broker: rabbit.url, backend: redis.url, stop };
  },
};
