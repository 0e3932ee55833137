import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { z } from 'zod';
import { dependency } from '../../../../src/index.ts';
import { Queue } from '../../../../src/queue/index.ts';
import { celeries } from '../../../support/celery-versions.ts';
import {
  type PythonDriver,
  type PythonPeerOptions,
  startCeleryWorker,
  startPython,
} from '../../../support/celery-worker.ts';
import type { Program } from '../../../support/program.ts';
import { type RabbitServer, rabbitMissing, startRabbit } from '../../../support/rabbitmq-server.ts';
import { type RedisServer, redisMissing, startRedis } from '../../../support/redis-server.ts';

for (const celery of celeries('5.6')) {
  const skip = redisMissing() ?? rabbitMissing() ?? celery.skip;
  for (const broker of ['Redis', 'RabbitMQ'] as const) {
    describe(`what every Celery application has, on a queue of TypeScript, ${celery.title} over ${broker}`, {
      skip,
    }, () => {
      let redis: RedisServer;
      let rabbit: RabbitServer | undefined;
      let peer: PythonPeerOptions;
      let queue: Queue;
      let python: PythonDriver;
      let worker: Program;
      const opened: string[] = [];
      before(async () => {
        redis = await startRedis();
        rabbit = broker === 'RabbitMQ' ? await startRabbit() : undefined;
        const url = rabbit === undefined ? redis.url : `${rabbit.url}?backend=${encodeURIComponent(redis.url)}`;
        peer = { celery, broker: rabbit?.url ?? redis.url, backend: redis.url };
        queue = new Queue({ engine: `celery+${url}` });
        const session = dependency(async function* () {
          opened.push('open');
          yield 'session';
          opened.push('close');
        });
        const number = z.number();
        queue.task('ts.double', { params: { x: number, session } }, async ({ x }) => 2 * x);
        queue.task('ts.add', { params: { x: number, y: number } }, ({ x, y }) => x + y);
        queue.task('ts.total', { params: { numbers: z.array(number) } }, ({ numbers }) =>
          numbers.reduce((a, b) => a + b, 0),
        );
        queue.task('ts.fail', {}, () => {
          throw new RangeError('no');
        });
        await queue.work({ concurrency: 4 });
        python = startPython(peer);
        worker = await startCeleryWorker({ ...peer, queue: 'celery' }, '-Q', 'python', '-n', 'py@%h');
      });
      after(async () => {
        await queue?.close();
        await python?.[Symbol.asyncDispose]();
        await worker?.[Symbol.asyncDispose]();
        await rabbit?.[Symbol.asyncDispose]();
        await redis?.[Symbol.asyncDispose]();
      });

      const imports =
        'from celery.canvas import xmap, xstarmap, chunks\nfrom celery.result import AsyncResult, GroupResult\n';
      const run = <T>(code: string): Promise<T> => python.run<T>(`${imports}${code}`);
      const cases: readonly [what: string, code: string, outcome: unknown][] = [
        ['map', "xmap(call('ts.double'), [1, 2, 3]).delay()", { value: [2, 4, 6] }],
        ['map of nothing', "xmap(call('ts.double'), []).delay()", { value: [] }],
        ['starmap', "xstarmap(call('ts.add'), [(1, 2), (3, 4)]).delay()", { value: [3, 7] }],
        ['chunks', "chunks(call('ts.add'), [(n, n) for n in range(5)], 2).delay()", { value: [[0, 2], [4, 6], [8]] }],
        [
          'chunks as one task',
          "call('celery.chunks', call('ts.add'), [(n, n) for n in range(5)], 2).delay()",
          { value: [[0, 2], [4, 6], [8]] },
        ],
        ['map in a chain', "chain(xmap(call('ts.double'), [1, 2]), call('ts.total')).delay()", { value: 6 }],
        [
          'map of a task that fails',
          "xmap(call('ts.fail'), [1]).delay()",
          { raised: 'TypeError', module: 'builtins', args: ['ts.fail() takes 0 positional arguments but 1 was given'] },
        ],
        ['accumulate', "call('celery.accumulate', [1, 2], 3, index=0).delay()", { value: [1, 2] }],
        ['accumulate without an index', "call('celery.accumulate', 1, 2).delay()", { value: [1, 2] }],
        [
          'a group that a task in Python is replaced by',
          "call('py.spread', [1, 2, 3]).set(queue='python').delay()",
          { value: [2, 4, 6] },
        ],
        ['backend_cleanup', "call('celery.backend_cleanup').delay()", { value: null }],
        [
          'chain, as in Python',
          "call('celery.chain', tasks=[]).delay()",
          { raised: 'NotImplementedError', module: 'builtins', args: ['chain is not a real task'] },
        ],
      ];
      for (const [what, code, outcome] of cases)
        test(what, { timeout: 60_000 }, async () => {
          assert.deepEqual(await run(`answer = outcome(${code})`), outcome);
        });

      test('a mapped task has its own dependencies, which close after each call', async () => {
        opened.length = 0;
        await run("answer = outcome(xmap(call('ts.double'), [1, 2]).delay())");
        assert.deepEqual(opened, ['open', 'close', 'open', 'close']);
      });
      test('group and chord as messages, as older clients send them', async () => {
        const group = `
ids = ['g-%d' % n for n in range(3)]
tasks = [dict(call('ts.add', n, n).set(task_id=ids[n])) for n in range(3)]
call('celery.group', tasks, [['g', None], [[[id, None], None] for id in ids]], 'g', []).delay()
answer = [outcome(AsyncResult(id)) for id in ids]`;
        assert.deepEqual(await run(group), [{ value: 0 }, { value: 2 }, { value: 4 }]);
        const chord = `
header = [dict(call('ts.add', n, n)) for n in range(3)]
call('celery.chord', header=header, body=dict(call('ts.total').set(task_id='c-body'))).delay()
answer = outcome(AsyncResult('c-body'))`;
        assert.deepEqual(await run(chord), { value: 6 });
      });
      const unlock = (body: string, parts: string) => `
parts = ${parts}
body = call('ts.total').set(task_id='${body}')
app.tasks['celery.chord_unlock'].apply_async(('u', body), {'result': [part.as_tuple() for part in parts], 'interval': 0.2})`;
      test('chord_unlock waits for the parts, and calls the body with their results', async () => {
        const code = `${unlock('u1', "[call('ts.add', 1, 1).delay(), call('ts.add', 2, 2).apply_async(countdown=1)]")}
answer = outcome(AsyncResult('u1'))`;
        assert.deepEqual(await run(code), { value: 6 });
      });
      test('chord_unlock fails the body where a part has failed', async () => {
        const code = `${unlock('u2', "[call('ts.add', 1, 1).delay(), call('ts.fail').delay()]")}
answer = outcome(AsyncResult('u2'))`;
        const { raised, args } = await run<{ raised: string; args: string[] }>(code);
        assert.equal(raised, 'ChordError');
        assert.match(args[0]!, /^Dependency .* raised ValueError\('no'\)$/);
      });

      // The queue is shared: what only Python can do, a worker in Python gets.
      test('map of a task in Python is left to a worker in Python', { timeout: 60_000 }, async () => {
        const result = run(
          'answer = outcome(peer.add.map([1]).delay(), 40), outcome(peer.total.map([[1, 2], [3]]).delay(), 40)',
        );
        await using _other = await startCeleryWorker({ ...peer, queue: 'celery' }, '-Q', 'celery', '-n', 'shared@%h');
        const [first, second] = (await result) as [{ raised?: string }, unknown];
        assert.equal(first.raised, 'TypeError');
        assert.deepEqual(second, { value: [3, 3] });
      });
      test('without such a worker it ends as a task that is not known', { timeout: 60_000 }, async () => {
        const { raised, args } = await run<{ raised: string; args: string[] }>(
          'answer = outcome(peer.total.map([[1]]).delay(), 40)',
        );
        assert.deepEqual([raised, args], ['NotRegistered', ['py.total']]);
      });
    });
  }
}
