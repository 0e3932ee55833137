import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { celeryTask, chain, send } from '../../../../src/queue/celery/index.ts';
import { Queue } from '../../../../src/queue/index.ts';
import { connectRedis } from '../../../../src/redis/redis-connection.ts';
import { celeries } from '../../../support/celery-versions.ts';
import {
  type PythonDriver,
  type PythonPeerOptions,
  startCeleryWorker,
  startPython,
} from '../../../support/celery-worker.ts';
import { coded } from '../../../support/coded.ts';
import { type RabbitServer, rabbitMissing, startRabbit } from '../../../support/rabbitmq-server.ts';
import { type RedisServer, redisMissing, startRedis } from '../../../support/redis-server.ts';

const limit = { timeout: 60_000 };

for (const celery of celeries('5.6')) {
  const skip = redisMissing() ?? rabbitMissing() ?? celery.skip;
  for (const broker of ['Redis', 'RabbitMQ'] as const) {
    describe(`what Python sees and asks for, ${celery.title} over ${broker}`, { skip }, () => {
      let redis: RedisServer;
      let rabbit: RabbitServer | undefined;
      let peer: PythonPeerOptions;
      let url: string;
      let queue: Queue;
      let python: PythonDriver;
      const run = <T>(code: string): Promise<T> => python.run<T>(code);
      before(async () => {
        redis = await startRedis();
        rabbit = broker === 'RabbitMQ' ? await startRabbit() : undefined;
        url = rabbit === undefined ? redis.url : `${rabbit.url}?backend=${encodeURIComponent(redis.url)}`;
        peer = { celery, broker: rabbit?.url ?? redis.url, backend: redis.url };
        queue = new Queue({ engine: `celery+${url}` });
        const params = { value: z.unknown().optional(), hidden: z.unknown().optional() };
        queue.task('ts.echo', { params }, ({ value }) => value ?? null);
        queue.task('ts.twice', { params, retries: 1, backoff: { base: 10 } }, (_values, { attempt }) => {
          if (attempt === 1) throw new Error('again');
        });
        queue.task('ts.headers', (_values, { headers }) => headers);
        queue.task('ts.endless', async (_values, { signal }) => {
          await new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
        });
        queue.task('ts.slow', { timeout: 200 }, async () => {
          await pause(500);
          return 'done';
        });
        await queue.work();
        python = startPython(peer);
      });
      after(async () => {
        await queue?.close();
        await python?.[Symbol.asyncDispose]();
        await rabbit?.[Symbol.asyncDispose]();
        await redis?.[Symbol.asyncDispose]();
      });

      // Events of what a piece of code does, until a task of that name has ended.
      const events = (code: string, task: string, zone = 'UTC') =>
        run<{ type: string; timestamp: number; args?: string; kwargs?: string; now: number }[]>(`
import os, time, threading
os.environ['TZ'] = '${zone}'
time.tzset()
answer, ours = [], set()
def note(event):
    event['now'] = time.time()
    if event.get('name') == '${task}':
        ours.add(event['uuid'])
    if event.get('uuid') in ours:
        answer.append(event)
with app.connection() as connection:
    receiver = app.events.Receiver(connection, handlers={'*': note})
    def act():
        ${code}
    threading.Timer(0.5, act).start()
    end = time.time() + 8
    for _ in receiver.itercapture(limit=None, timeout=8, wakeup=False):
        if time.time() > end or any(one['type'] == 'task-succeeded' for one in answer):
            break`);

      test('events show arguments as their sender would have them shown, on a retry too', async () => {
        const hidden =
          "call('ts.twice', 'SECRET', hidden='SECRET').apply_async(argsrepr='<hidden>', kwargsrepr='<too>')";
        const seen = await events(hidden, 'ts.twice');
        const received = seen.filter(({ type }) => type === 'task-received');
        assert.deepEqual(
          received.map(({ args, kwargs }) => [args, kwargs]),
          [
            ['<hidden>', '<too>'],
            ['<hidden>', '<too>'],
          ],
        );
        assert.doesNotMatch(JSON.stringify(seen), /SECRET/);
        const linked =
          "call('ts.echo', 1).apply_async(link=call('ts.twice', hidden='SECRET').set(argsrepr='<hidden>', kwargsrepr='<too>'))";
        assert.doesNotMatch(JSON.stringify(await events(linked, 'ts.twice')), /SECRET/);
        const shown = await events("call('ts.echo', 'open').delay()", 'ts.echo');
        assert.equal(shown.find(({ type }) => type === 'task-received')?.args, "('open',)");
      });

      for (const [ours, theirs] of [
        ['Asia/Kolkata', 'Asia/Kolkata'],
        ['Asia/Kolkata', 'UTC'],
        ['America/St_Johns', 'Asia/Kathmandu'],
        ['Asia/Taipei', 'America/Los_Angeles'],
      ] as const)
        test(`events of a worker in ${ours} have their time in ${theirs}`, async () => {
          const before = process.env['TZ'];
          process.env['TZ'] = ours;
          try {
            const seen = await events("call('ts.echo', 1).delay()", 'ts.echo', theirs);
            assert.ok(seen.length >= 3, JSON.stringify(seen));
            for (const { type, timestamp, now } of seen)
              assert.ok(Math.abs(timestamp - now) < 5, `${type} is ${timestamp - now} s off`);
          } finally {
            if (before === undefined) delete process.env['TZ'];
            else process.env['TZ'] = before;
          }
        });

      test('headers of a call that are no texts are JSON', async () => {
        const given = "{'n': 5, 'flag': True, 'none': None, 's': 'x', 'deep': {'a': [1, None]}}";
        const { value } = await run<{ value: object }>(
          `answer = outcome(call('ts.headers').apply_async(headers=${given}))`,
        );
        assert.deepEqual(value, { n: '5', flag: 'true', s: 'x', deep: '{"a":[1,null]}' });
      });

      const limits: readonly [given: string, task: string, outcome: object][] = [
        ['time_limit=1', 'ts.endless', { raised: 'TimeLimitExceeded', module: 'billiard.exceptions' }],
        ['soft_time_limit=1', 'ts.endless', { raised: 'SoftTimeLimitExceeded', module: 'billiard.exceptions' }],
        ['time_limit=9, soft_time_limit=1', 'ts.endless', { raised: 'SoftTimeLimitExceeded' }],
        ['time_limit=1, soft_time_limit=9', 'ts.endless', { raised: 'TimeLimitExceeded' }],
        ['countdown=1, time_limit=1', 'ts.endless', { raised: 'TimeLimitExceeded' }],
        ['time_limit=9', 'ts.slow', { value: 'done' }],
        ['expires=60', 'ts.slow', { raised: 'TimeLimitExceeded' }],
      ];
      for (const [given, task, outcome] of limits)
        test(`a call of ${task} with ${given} ends as ${Object.values(outcome)[0]}`, async () => {
          const said = await run<object>(`answer = outcome(call('${task}').apply_async(${given}))`);
          assert.partialDeepStrictEqual(said, outcome);
        });

      // A worker that may say what is revoked, or a client alone.
      for (const [who, hasWorker] of [
        ['a process with a worker', true],
        ['a process that only calls', false],
      ] as const)
        test(`a Python worker that starts later does not run what ${who} has cancelled`, {
          timeout: 60_000,
        }, async () => {
          await using client = new Queue({ engine: `celery+${url}` });
          const caller = hasWorker ? queue : client;
          const name = hasWorker ? 'later' : 'later-still';
          if (!hasWorker) await queue.close();
          const note = celeryTask('py.note', {
            on: caller,
            queue: name,
            params: { label: z.string() },
            positional: ['label'],
          });
          const add = celeryTask('py.add', {
            on: caller,
            queue: name,
            params: { x: z.int(), y: z.int() },
            result: z.int(),
          });
          const handles = [];
          for (const label of ['one', 'two', 'three']) handles.push(await note.enqueue({ label }));
          const first = await send(chain(note.call({ label: 'four' }), add.call({ x: 1, y: 1 }, { immutable: true })));
          handles.push(await note.enqueue({ label: 'five' }), await note.enqueue({ label: 'urgent' }));
          for (const handle of [handles[0]!, handles[2]!, handles[4]!])
            assert.equal(await handle.cancel(), 'cancelled');
          await using _worker = await startCeleryWorker({ ...peer, queue: name }, '-Q', name, '-n', `${name}@%h`);
          assert.equal(await first.result(limit), 2);
          await handles[1]!.result(limit);
          await handles[3]!.result(limit);
          const redisClient = await connectRedis({ user: 'QUEUE', url: redis.url });
          const notes = (await redisClient.lrange('notes', 0, -1)).sort();
          await redisClient.del('notes');
          redisClient.disconnect();
          assert.deepEqual(notes, ["('five',)", "('four',)", "('two',)"]);
          for (const handle of [handles[0]!, handles[2]!]) assert.equal(await handle.status(), 'cancelled');
          if (!hasWorker) await queue.work();
        });

      test('a task that is cancelled and retried runs, also in a Python worker that starts later', {
        timeout: 60_000,
      }, async () => {
        const note = celeryTask('py.note', {
          on: queue,
          queue: 'again',
          params: { label: z.string() },
          positional: ['label'],
        });
        const handle = await note.enqueue({ label: 'again' });
        await handle.cancel();
        await handle.retry();
        await using _worker = await startCeleryWorker({ ...peer, queue: 'again' }, '-Q', 'again', '-n', 'again@%h');
        assert.equal(await handle.result(limit), null);
      });

      for (const serializer of ['pickle'])
        test(`a result in ${serializer} ends its task with an error that says so`, { timeout: 60_000 }, async () => {
          const name = `as-${serializer}`;
          const options = { ...peer, queue: name, resultSerializer: serializer };
          await using _worker = await startCeleryWorker(options, '-Q', name, '-n', `${name}@%h`);
          const add = celeryTask('py.add', {
            on: queue,
            queue: name,
            params: { x: z.int(), y: z.int() },
            result: z.int(),
          });
          const sleep = celeryTask('py.sleep', { on: queue, queue: name, params: { seconds: z.number() } });
          const slow = await sleep.enqueue({ seconds: 2 });
          const unreadable = coded('CORTADO_TASK_FAILED', 'result_serializer = "json"');
          await assert.rejects((await add.enqueue({ x: 1, y: 1 })).result(limit), unreadable);
          // It has only begun.
          assert.notEqual(await slow.status(), 'failed');
          await assert.rejects(slow.result(limit), unreadable);
        });

      test('a result that is nested too deeply ends its task with an error that says so', {
        timeout: 60_000,
      }, async () => {
        await using _worker = await startCeleryWorker({ ...peer, queue: 'deep' }, '-Q', 'deep', '-n', 'deep@%h');
        const deep = celeryTask('py.deep', { on: queue, queue: 'deep', params: { levels: z.int() } });
        await assert.rejects((await deep.enqueue({ levels: 500 })).result(limit), coded('CORTADO_TASK_FAILED', '400'));
        assert.equal((await (await deep.enqueue({ levels: 50 })).result(limit)) === undefined, false);
      });
    });
  }
}

for (const celery of celeries('5.6'))
  test(`results by rpc:// that cannot be read end with an error, ${celery.title}`, {
    timeout: 60_000,
    skip: rabbitMissing() ?? celery.skip,
  }, async () => {
    await using rabbit = await startRabbit();
    const options = { celery, broker: rabbit.url, backend: 'rpc://', queue: 'odd', resultSerializer: 'pickle' };
    await using _worker = await startCeleryWorker(options, '-Q', 'odd', '-n', 'odd@%h');
    await using queue = new Queue({ engine: `celery+${rabbit.url}?backend=rpc://` });
    const add = celeryTask('py.add', {
      on: queue,
      queue: 'odd',
      params: { x: z.int(), y: z.int() },
      result: z.int(),
    });
    await assert.rejects((await add.enqueue({ x: 1, y: 1 })).result(limit), coded('CORTADO_TASK_FAILED'));
  });
