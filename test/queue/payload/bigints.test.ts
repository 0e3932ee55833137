import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { z } from 'zod';
import { App } from '../../../src/index.ts';
import { celery } from '../../../src/queue/celery/index.ts';
import { chain, type EngineChoice, group, Queue } from '../../../src/queue/index.ts';
import { testClient } from '../../../src/testing/index.ts';
import { coded } from '../../support/coded.ts';
import { type RedisServer, redisMissing, startRedis } from '../../support/redis-server.ts';

let redis: RedisServer;
const skip = redisMissing() ?? false;
const engines: readonly (readonly [string, () => EngineChoice, boolean | string])[] = [
  ['memory', () => 'memory:', false],
  ['sqlite', () => 'sqlite::memory:', false],
  ['bullmq', () => redis.url, skip],
  ['celery', () => celery({ url: `celery+${redis.url}` }), skip],
];

const big = 2n ** 70n + 1n;
const log = { debug() {}, info() {}, warn() {}, error() {} };

describe('bigints of tasks', () => {
  before(async () => {
    if (skip === false) redis = await startRedis();
  });
  after(() => redis?.stop());

  for (const [name, engine, skip] of engines)
    test(`are carried by ${name}: input, result, flows`, { skip }, async () => {
      const seen: unknown[] = [];
      await using queue = new Queue({ engine: engine(), log });
      const Nested = z.object({ list: z.array(z.bigint()), maybe: z.bigint().nullable(), n: z.number() });
      const nested = queue.task('nested', { params: { value: Nested }, returns: Nested }, ({ value }) => {
        seen.push(value);
        return value;
      });
      const twice = queue.task('twice', { params: { n: z.bigint() }, returns: z.bigint() }, ({ n }) => n * 2n);
      const sum = queue.task('sum', { params: { parts: z.array(z.bigint()) }, returns: z.bigint() }, ({ parts }) =>
        parts.reduce((total, part) => total + part, 0n),
      );
      const bare = queue.task('bare', { params: { n: z.bigint() } }, ({ n }) => ({ n }));
      await queue.work();
      const wait = { timeout: 10_000 };
      for (const n of [0n, 1n, -1n, 2n ** 53n, -big]) {
        const result: bigint = await (await twice.enqueue({ n })).result(wait);
        assert.equal(result, n * 2n);
      }
      const value = { list: [1n, big], maybe: null, n: 0.5 };
      const handle = await nested.enqueue({ value });
      assert.deepEqual(await handle.result(wait), value);
      assert.deepEqual(seen, [value]);
      // The same from its id, and where nobody says what a result is: a small one is a number.
      assert.deepEqual(await queue.handle(handle.id).result(wait), value);
      const handles = await group([bare.with({ n: 1n }), bare.with({ n: big })]).enqueue();
      const [small, large]: { n: number | bigint }[] = await handles.result(wait);
      assert.deepEqual([small, large], [{ n: 1 }, { n: big }]);
      const next = chain(twice.with({ n: big }), twice.with({}, { into: 'n' }));
      assert.equal(await (await next.enqueue()).result(wait), big * 4n);
      const gathered = chain(group([1n, big].map((n) => twice.with({ n }))), sum.with({}, { into: 'parts' }));
      assert.equal(await (await gathered.enqueue()).result(wait), 2n + big * 2n);
    });

  test('are told from numbers, which stay what they are', async () => {
    await using queue = new Queue({ log });
    const params = { n: z.number(), any: z.unknown() };
    const task = queue.task('task', { params, unique: true }, (input) => input);
    await queue.work();
    for (const n of [1e20, -(2 ** 60), 2 ** 53, 1.5, 1e300])
      assert.deepEqual(await (await task.enqueue({ n, any: n })).result({ timeout: 60_000 }), { n, any: n });
    const any = [9007199254740993n, { deep: big }];
    assert.deepEqual(await (await task.enqueue({ n: 1, any })).result({ timeout: 60_000 }), { n: 1, any });
    // @ts-expect-error: a bigint is no number
    await assert.rejects(task.enqueue({ n: big }), { code: 'CORTADO_TASK_INPUT' });
  });

  test('are seen by their digits over HTTP, make keys and stand in schedules', async () => {
    await using queue = new Queue({ log });
    const params = { n: z.bigint() };
    const task = queue.task('task', { params, returns: z.bigint(), unique: ({ n }) => `${n}` }, ({ n }) => n);
    queue.schedule('daily', { cron: '@daily' }, task, { n: big });
    const app = new App({ logger: false });
    app.use(queue, { prefix: '/tasks' });
    await using client = await testClient(app);
    const { id } = await task.enqueue({ n: big }, { delay: 60_000 });
    assert.equal((await task.enqueue({ n: big })).id, id);
    assert.notEqual((await task.enqueue({ n: big + 1n })).id, id);
    const answer = await client.get(`/tasks/${id}`);
    assert.match(await answer.text(), new RegExp(`"input":\\{"n":${big}\\}`));
  });

  test('a file is no input of a task', () => {
    const queue = new Queue();
    const declare = (v: z.ZodType) => queue.task('task', { params: { v } }, () => {});
    assert.throws(() => declare(z.file()), coded('CORTADO_PARAM_INVALID', '"v"', 'file'));
    assert.throws(() => declare(z.object({ file: z.file() })), coded('CORTADO_PARAM_INVALID', '"v.file"', 'file'));
    assert.throws(() => declare(z.symbol()), { code: 'CORTADO_SCHEMA_UNDESCRIBED' });
  });
});
