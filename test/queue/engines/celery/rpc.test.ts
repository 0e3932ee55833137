import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { z } from 'zod';
import { celeryTask, chain, chord, group, PythonError, send } from '../../../../src/queue/celery/index.ts';
import { Queue } from '../../../../src/queue/index.ts';
import { celeriesOfYears } from '../../../support/celery-versions.ts';
import { type PythonDriver, startCeleryWorker, startPython } from '../../../support/celery-worker.ts';
import type { Program } from '../../../support/program.ts';
import { type RabbitServer, rabbitMissing, startRabbit } from '../../../support/rabbitmq-server.ts';
import { type RedisServer, redisMissing, startRedis } from '../../../support/redis-server.ts';

const limit = { timeout: 60_000 };

for (const celery of celeriesOfYears('5.2')) {
  const skip = redisMissing() ?? rabbitMissing() ?? celery.skip;
  describe(`results by rpc:// with ${celery.title}`, { skip }, () => {
    let rabbit: RabbitServer;
    let redis: RedisServer;
    let worker: Program;
    let python: PythonDriver;
    let queue: Queue;
    before(async () => {
      [redis, rabbit] = await Promise.all([startRedis(), startRabbit()]);
      const peer = { celery, broker: rabbit.url, backend: 'rpc://' };
      queue = new Queue({ engine: `celery+${rabbit.url}?backend=rpc://` });
      python = startPython({ ...peer, queue: 'celery' });
      worker = await startCeleryWorker({ ...peer, queue: 'python' }, '-Q', 'python', '-n', 'py@%h');
    });
    const receives = (id: string): Promise<unknown> => worker.until(new RegExp(`py\\.sleep\\[${id}\\] received`));
    after(async () => {
      await queue?.close();
      await python?.[Symbol.asyncDispose]();
      await worker?.[Symbol.asyncDispose]();
      await rabbit?.[Symbol.asyncDispose]();
      await redis?.[Symbol.asyncDispose]();
    });

    describe('TypeScript calls Python with RabbitMQ alone', () => {
      const remote = <R = unknown>(task: string, on = queue) => {
        const value = z.unknown().optional();
        const params = {
          value,
          message: z.string().optional(),
          times: z.int().optional(),
          seconds: z.number().optional(),
        };
        return celeryTask(task, { on, queue: 'python', params, result: z.custom<R>() });
      };
      const add = () =>
        celeryTask('py.add', { on: queue, queue: 'python', params: { x: z.int(), y: z.int() }, result: z.int() });

      test('gets a value, and knows its state', async () => {
        const handle = await add().enqueue({ x: 2, y: 3 });
        assert.equal(await handle.result(limit), 5);
        assert.equal(await handle.status(), 'succeeded');
      });
      test('gets exceptions as typed errors', async () => {
        const failed = await (await remote('py.fail').enqueue({ message: 'böse' }))
          .result(limit)
          .catch((error) => error);
        const { type, args } = PythonError.of(failed)!;
        assert.deepEqual([type, args], ['ValueError', ['böse']]);
        const burnt = PythonError.of(await (await remote('py.burn').enqueue({})).result(limit).catch((error) => error));
        assert.deepEqual([burnt?.module, burnt?.type, burnt?.args], ['peer', 'Burnt', ['too hot', 93]]);
      });
      test('waits through retries, and counts them', async () => {
        const handle = await remote<number>('py.flaky').enqueue({ times: 2 });
        assert.equal(await handle.result(limit), 2);
        assert.equal((await handle.record()).attempt, 3);
      });
      test('calls later', async () => {
        const sentAt = Date.now() / 1000;
        const handle = await on(queue, 'py.when').enqueue({}, { delay: 1000 });
        assert.equal(await handle.status(), 'scheduled');
        assert.ok(((await handle.result(limit)) as number) - sentAt >= 0.99);
      });
      test('learns of a task that expired', async () => {
        const handle = await on(queue, 'py.when').enqueue({}, { delay: 600, expires: 300 });
        await assert.rejects(handle.result(limit), { code: 'CORTADO_TASK_EXPIRED' });
      });
      test('calls chains and groups', async () => {
        const chained = await send(chain(add().call({ x: 1, y: 2 }), add().rest({ y: 3 }), add().rest({ y: 4 })));
        assert.equal(await chained.result(limit), 10);
        const sums = await group([add().call({ x: 1, y: 1 }), add().call({ x: 2, y: 2 })]);
        assert.deepEqual(await sums.results(limit), [2, 4]);
        const broken = await send(chain(remote('py.fail').call({ message: 'no' }), add().rest({ y: 1 })));
        assert.equal(PythonError.of(await broken.result(limit).catch((error) => error))?.type, 'ValueError');
      });
      test('carries a megabyte and many tasks at once', async () => {
        const value = 'é'.repeat(500_000);
        assert.equal(await (await remote('py.echo').enqueue({ value })).result(limit), value);
        const handles = await Promise.all(Array.from({ length: 200 }, (_, n) => add().enqueue({ x: n, y: n })));
        const results = await Promise.all(handles.map((handle) => handle.result(limit)));
        assert.deepEqual(
          results,
          Array.from({ length: 200 }, (_, n) => 2 * n),
        );
      });
      test('revokes what runs and what waits', async () => {
        const sleep = remote('py.sleep');
        const handles = [];
        for (let count = 0; count < 3; count++) handles.push(await sleep.enqueue({ seconds: 30 }));
        // The others may wait at the broker until this one has ended.
        await receives(handles[0]!.id);
        for (const handle of handles) assert.equal(await handle.cancel(), 'requested');
        for (const handle of handles) await assert.rejects(handle.result(limit), { code: 'CORTADO_TASK_CANCELLED' });
      });
      test('refuses what RabbitMQ alone cannot do', async () => {
        const handle = await add().enqueue({ x: 1, y: 1 });
        const unsupported = { code: 'CORTADO_QUEUE_UNSUPPORTED' };
        await assert.rejects(queue.work(), unsupported);
        await assert.rejects(queue.list(), unsupported);
        await assert.rejects(queue.counts(), unsupported);
        await assert.rejects(handle.retry(), unsupported);
        await assert.rejects(on(queue, 'py.when').enqueue({}, { unique: 'one' }), unsupported);
        await assert.rejects(send(chord([add().call({ x: 1, y: 1 })], add().rest({ y: 1 }))), unsupported);
        await using other = new Queue({ engine: `celery+${rabbit.url}?backend=rpc://` });
        await assert.rejects(other.handle(handle.id).status(), { code: 'CORTADO_TASK_NOT_FOUND' });
      });
    });

    describe('Python, with results by rpc://, calls TypeScript', () => {
      let serving: Queue;
      before(async () => {
        const url = `celery+${rabbit.url}?rpc=true&backend=${encodeURIComponent(redis.url)}`;
        serving = new Queue({ engine: url });
        serving.task('ts.add', { params: { x: z.number(), y: z.number() } }, ({ x, y }) => x + y);
        serving.task('ts.fail', { params: { message: z.string() } }, ({ message }) => {
          throw new PythonError('KeyError', [message]);
        });
        serving.task(
          'ts.flaky',
          { params: { times: z.int() }, retries: 5, backoff: { base: 50 } },
          ({ times }, run) => {
            if (run.attempt <= times) throw new Error('not yet');
            return run.attempt;
          },
        );
        serving.task('ts.endless', {}, async (_values, { signal }) => {
          await new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
        });
        await serving.work({ concurrency: 4 });
      });
      after(async () => serving?.close());

      const outcome = (code: string) => python.run(`answer = outcome(${code})`);
      test('gets a value', async () => {
        assert.deepEqual(await outcome("call('ts.add', 2, 3).delay()"), { value: 5 });
      });
      test('raises the right class', async () => {
        const raised = { raised: 'KeyError', module: 'builtins', args: ['user 7'] };
        assert.deepEqual(await outcome("call('ts.fail', 'user 7').delay()"), raised);
        assert.equal(((await outcome("call('ts.none').delay()")) as { raised: string }).raised, 'NotRegistered');
      });
      test('waits through retries', async () => {
        assert.deepEqual(await outcome("call('ts.flaky', 2).delay()"), { value: 3 });
      });
      test('calls chains and groups, also of both languages', async () => {
        assert.deepEqual(await outcome("chain(call('ts.add', 1, 2), call('ts.add', 3), call('ts.add', 4)).delay()"), {
          value: 10,
        });
        assert.deepEqual(await outcome("group(call('ts.add', n, n) for n in range(3)).delay()"), { value: [0, 2, 4] });
        const mixed = "chain(call('py.add', 1, 2).set(queue='python'), call('ts.add', 3).set(queue='celery')).delay()";
        assert.deepEqual(await outcome(mixed), { value: 6 });
      });
      test('learns that a chain failed, and that a task was terminated', async () => {
        const raised = async (code: string) => ((await outcome(code)) as { raised: string }).raised;
        assert.equal(await raised("chain(call('ts.fail', 'x'), call('ts.add', 3)).delay()"), 'KeyError');
        const code =
          "result = call('ts.endless').delay()\nimport time\ntime.sleep(0.5)\nresult.revoke(terminate=True)\n";
        assert.equal(
          (await python.run<{ raised: string }>(`${code}answer = outcome(result)`)).raised,
          'TaskRevokedError',
        );
      });
      test('TypeScript with RabbitMQ alone calls TypeScript', async () => {
        assert.equal(await (await on(queue, 'ts.add', 'default').enqueue({ x: 2, y: 5 })).result(limit), 7);
      });
    });

    // Last, since it kills the broker.
    test('gets its results although RabbitMQ restarted', { timeout: 600_000 }, async () => {
      const handle = await on(queue, 'py.sleep').enqueue({ seconds: 2 });
      await receives(handle.id);
      await rabbit.restart();
      assert.equal(await handle.result({ timeout: 300_000 }), 'slept');
    });
  });
}

/** A task that takes Cortado's own options. */
function on(queue: Queue, name: string, to = 'python') {
  const number = z.number().optional();
  return queue.remote(name, { queue: to, params: { x: number, y: number, seconds: number } });
}
