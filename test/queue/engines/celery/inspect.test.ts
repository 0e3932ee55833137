import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { z } from 'zod';
import { Queue } from '../../../../src/queue/index.ts';
import { celeriesOfYears } from '../../../support/celery-versions.ts';
import { runCelery, startPython } from '../../../support/celery-worker.ts';
import { type RabbitServer, rabbitMissing, startRabbit } from '../../../support/rabbitmq-server.ts';
import { type RedisServer, redisMissing, startRedis } from '../../../support/redis-server.ts';
import { until } from '../../../support/until.ts';

// Celery's own command line, as somebody uses it who does not know that a worker is not Python's.
for (const celery of celeriesOfYears('5.2')) {
  const skip = redisMissing() ?? rabbitMissing() ?? celery.skip;
  describe(`the command of ${celery.title}`, { skip }, () => {
    let redis: RedisServer;
    let rabbit: RabbitServer;
    before(async () => {
      [redis, rabbit] = await Promise.all([startRedis(), startRabbit()]);
    });
    after(async () => {
      await rabbit?.[Symbol.asyncDispose]();
      await redis?.[Symbol.asyncDispose]();
    });

    for (const name of ['Redis', 'RabbitMQ']) {
      describe(`over ${name}`, () => {
        let queue: Queue;
        let running: string;
        const gate = Promise.withResolvers<void>();
        const peer = () => ({ celery, broker: name === 'Redis' ? redis.url : rabbit.url, backend: redis.url });
        before(async () => {
          const url =
            name === 'Redis' ? redis.url : `${rabbit.url}?backend=${encodeURIComponent(redis.url.replace(/0$/, '1'))}`;
          queue = new Queue({ engine: `celery+${url}${name === 'Redis' ? '?' : '&'}name=beans@bar` });
          queue.task('ts.add', { params: { x: z.int(), y: z.int() } }, ({ x, y }) => x + y);
          const hold = queue.task('ts.hold', { params: { what: z.string() } }, () => gate.promise);
          await queue.work({ concurrency: 2 });
          const handle = await hold.enqueue({ what: 'cup' });
          running = handle.id;
          await until('its task is running', async () => assert.equal(await handle.status(), 'running'));
        });
        after(async () => {
          gate.resolve();
          await queue?.close();
        });
        const inspect = async <T>(...command: string[]): Promise<T> => {
          const text = await runCelery(peer(), 'inspect', ...command, '--json', '-d', 'beans@bar', '-t', '10');
          const answers = JSON.parse(text) as Record<string, T>;
          assert.deepEqual(Object.keys(answers), ['beans@bar']);
          return answers['beans@bar']!;
        };

        test('inspect ping', async () => {
          assert.deepEqual(await inspect('ping'), { ok: 'pong' });
        });
        test('inspect active', async () => {
          const [task, ...others] =
            await inspect<{ id: string; name: string; kwargs: object; time_start: number }[]>('active');
          assert.deepEqual([task!.id, task!.name, task!.kwargs, others], [running, 'ts.hold', { what: 'cup' }, []]);
          assert.ok(Math.abs(task!.time_start - Date.now() / 1000) < 60);
        });
        test('inspect registered', async () => {
          assert.deepEqual(await inspect('registered'), ['ts.add', 'ts.hold']);
        });
        test('inspect stats', async () => {
          const stats = await inspect<{ pid: number; total: object; pool: { implementation: string } }>('stats');
          assert.deepEqual([stats.pid, stats.pool.implementation], [process.pid, 'cortado']);
        });
        // The same code answers over both brokers.
        if (name === 'RabbitMQ') return;
        test('status counts the worker', async () => {
          assert.match(await runCelery(peer(), 'status', '-t', '3'), /beans@bar:\s+OK[\s\S]*1 node online/);
        });
        test('inspect active_queues', async () => {
          const queues = await inspect<{ name: string }[]>('active_queues');
          assert.deepEqual(
            queues.map((one) => one.name),
            ['celery'],
          );
        });
        test('whatever else inspect knows is answered', async () => {
          await using python = startPython(peer());
          for (const command of ['reserved', 'scheduled', 'revoked', 'conf', 'report', 'clock']) {
            const code = `answer = app.control.inspect(destination=['beans@bar'], limit=1).${command}()`;
            const answer = (await python.run<Record<string, object>>(code))['beans@bar'];
            assert.ok(answer !== undefined && !('error' in answer), command);
          }
        });
        test('inspect query_task', async () => {
          const found = await inspect<Record<string, [string, { name: string }]>>('query_task', running);
          assert.deepEqual([found[running]![0], found[running]![1].name], ['active', 'ts.hold']);
        });
        test('control says what a worker in TypeScript does not know', async () => {
          const text = await runCelery(peer(), 'control', 'pool_grow', '2', '-d', 'beans@bar', '-t', '10');
          assert.match(text, /does not know the command pool_grow/);
        });
      });
    }
  });
}
