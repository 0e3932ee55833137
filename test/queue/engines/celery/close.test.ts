import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { Queue } from '../../../../src/queue/index.ts';
import { type RedisServer, redisMissing, startRedis } from '../../../support/redis-server.ts';
import { until } from '../../../support/until.ts';

/** Takes the place of a Redis that was killed: shakes hands, and answers nothing else. */
class MuteRedis implements AsyncDisposable {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #heard = '';

  private constructor() {
    this.#server = createServer((socket) => {
      this.#sockets.add(socket);
      socket.on('error', () => {});
      socket.on('data', (data) => this.#answer(socket, data.toString('latin1')));
    });
  }

  static async start(port: number): Promise<MuteRedis> {
    const mute = new MuteRedis();
    mute.#server.listen(port, '127.0.0.1');
    await once(mute.#server, 'listening');
    return mute;
  }

  async hears(command: string): Promise<void> {
    await until(`${command} is sent`, () => assert.ok(this.#heard.includes(command), this.#heard));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #answer(socket: Socket, text: string): void {
    this.#heard += text.toLowerCase();
    const info = 'redis_version:7.0.15\r\nloading:0\r\n';
    for (const [, name] of text.toLowerCase().matchAll(/\*\d+\r\n\$\d+\r\n([a-z]+)\r\n/g)) {
      if (name === 'hello') socket.write("-ERR unknown command 'HELLO'\r\n");
      if (name === 'client' || name === 'select') socket.write('+OK\r\n');
      if (name === 'info') socket.write(`$${info.length}\r\n${info}\r\n`);
    }
  }
}

const skip = redisMissing();

describe('a queue that is closed while Redis is away', { skip }, () => {
  const rejections: unknown[] = [];
  const note = (error: unknown): void => void rejections.push(error);
  before(() => process.on('unhandledRejection', note));
  after(() => process.off('unhandledRejection', note));

  const closes = async (queue: Queue): Promise<void> => {
    rejections.length = 0;
    const began = Date.now();
    await queue.close();
    assert.ok(Date.now() - began < 9000, `closed after ${Date.now() - began} ms`);
    await pause(300);
    assert.deepEqual(rejections, []);
  };
  const working = async (redis: RedisServer, scheme: string): Promise<Queue> => {
    const queue = new Queue({ engine: redis.url.replace('redis:', scheme) });
    queue.task('noop', () => 1);
    await queue.work();
    return queue;
  };

  for (const scheme of ['redis:', 'celery+redis:']) {
    for (const whenUnreachable of ['fail', 'wait']) {
      test(`${scheme} closes soon while it reconnects (whenUnreachable: ${whenUnreachable}), and its calls end`, async () => {
        await using redis = await startRedis();
        const queue = new Queue({
          engine: `${redis.url.replace('redis:', scheme)}?whenUnreachable=${whenUnreachable}`,
        });
        const task = queue.task('noop', () => 1);
        await queue.work();
        assert.equal(await (await task.enqueue()).result({ timeout: 60_000 }), 1);
        await redis.stop();
        await pause(100);
        const call = assert.rejects(task.enqueue(), { code: 'CORTADO_QUEUE_UNREACHABLE' });
        await closes(queue);
        await call;
      });
    }

    test(`${scheme} closes soon while it subscribes again`, async () => {
      await using redis = await startRedis();
      const queue = await working(redis, scheme);
      await redis.stop();
      await using mute = await MuteRedis.start(redis.port);
      await mute.hears('subscribe');
      await closes(queue);
    });

    test(`${scheme} hears of tasks again after Redis was away`, async () => {
      await using redis = await startRedis();
      await using queue = await working(redis, scheme);
      await using client = new Queue({ engine: redis.url.replace('redis:', scheme) });
      const task = client.task('noop', () => 0);
      const engine = await client.open();
      await redis.restart();
      const heard: string[] = [];
      const hears = (what: string): Promise<void> =>
        until(`${what} is heard of`, () => assert.ok(heard.includes(what)), 30_000);
      // Reconnected and subscribed again, which is told to all.
      const unwatch = engine.watch(undefined, () => heard.push('the connection'));
      await hears('the connection');
      unwatch();
      const handle = await task.enqueue();
      engine.watch(handle.id, () => heard.push('the task'));
      await hears('the task');
      assert.equal(await handle.result({ timeout: 60_000 }), 1);
      await queue.close();
    });
  }
});
