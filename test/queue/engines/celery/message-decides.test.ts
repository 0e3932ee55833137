import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { z } from 'zod';
import { type Call, celeryTask, chain, chord, PythonError, send } from '../../../../src/queue/celery/index.ts';
import { Queue } from '../../../../src/queue/index.ts';
import { celeries } from '../../../support/celery-versions.ts';
import { type PythonDriver, startCeleryWorker, startPython } from '../../../support/celery-worker.ts';
import { memoryLog } from '../../../support/memory-log.ts';
import type { Program } from '../../../support/program.ts';
import { rabbitMissing } from '../../../support/rabbitmq-server.ts';
import { redisMissing } from '../../../support/redis-server.ts';
import { until } from '../../../support/until.ts';
import { type Servers, servers as setUps } from './servers.ts';

const limit = { timeout: 60_000 };

for (const celery of celeries('5.6')) {
  const skip = redisMissing() ?? rabbitMissing() ?? celery.skip;
  for (const name of ['Redis', 'RabbitMQ'] as const) {
    describe(`the message decides what runs: ${celery.title} over ${name}`, { skip }, () => {
      let servers: Servers;
      let queue: Queue;
      let python: PythonDriver;
      let worker: Program;
      let gate = Promise.withResolvers<void>();
      const started: string[] = [];
      const noted: unknown[] = [];
      const failing = new Set<string>();

      before(async () => {
        servers = await setUps[name]();
        queue = new Queue({ engine: servers.url, log: memoryLog().logger });
        queue.task('ts.add', { params: { x: z.number(), y: z.number() } }, ({ x, y }) => x + y);
        queue.task('ts.total', { params: { numbers: z.array(z.number()) } }, ({ numbers }) =>
          numbers.reduce((a, b) => a + b, 0),
        );
        queue.task('ts.headers', { params: { value: z.unknown().optional() } }, (_values, { headers }) => headers);
        queue.task('ts.note', { params: { value: z.unknown().optional() } }, ({ value }) => void noted.push(value));
        // Runs until the gate is opened.
        queue.task('ts.gate', { params: { value: z.unknown() } }, async ({ value }, { id, signal }) => {
          started.push(id);
          const stop = Promise.withResolvers<never>();
          signal.addEventListener('abort', () => stop.reject(signal.reason));
          await Promise.race([gate.promise, stop.promise]);
          return value;
        });
        // Fails as long as its value is among those that fail.
        queue.task('ts.once', { params: { value: z.string() } }, ({ value }) => {
          if (failing.has(value)) throw new PythonError('ValueError', [value]);
          return 1;
        });
        queue.task(
          'ts.flaky',
          { params: { times: z.int() }, retries: 5, backoff: { base: 50 } },
          ({ times }, { attempt, headers }) => {
            if (attempt <= times) throw new Error('not yet');
            return [attempt, headers['customer'] ?? null];
          },
        );
        // Declared here, so that a worker knows where it goes; Python's clients name no queue.
        celeryTask('py.add', { on: queue, queue: 'python' });
        celeryTask('py.total', { on: queue, queue: 'python' });
        const peer = { celery, broker: servers.broker, backend: servers.backend };
        python = startPython({ ...peer, queue: 'celery' });
        worker = await startCeleryWorker({ ...peer, queue: 'python' }, '-Q', 'python', '-n', 'py@%h');
        await queue.work({ concurrency: 8 });
      });
      after(async () => {
        await queue.close();
        await python[Symbol.asyncDispose]();
        await worker[Symbol.asyncDispose]();
        await servers.stop();
      });

      const run = <T>(code: string): Promise<T> => python.run<T>(code);
      const ours = (task: string) => celeryTask(`ts.${task}`, { on: queue });
      const theirs = (task: string) => celeryTask(`py.${task}`, { on: queue, queue: 'python' });
      const call = (task: { call: (input: never) => Call<unknown> }, input: object) => task.call(input as never);

      describe('the next task goes to the queue that it is declared with', () => {
        const cases: Readonly<Record<string, readonly [code: string, value: unknown]>> = {
          'in a chain': ["chain(call('ts.add', 1, 2), call('py.add', 10)).delay()", 13],
          'as the body of a chord': ["chord([call('ts.add', 1, 2), call('ts.add', 3, 4)])(call('py.total'))", 10],
          'in a group at the end of a chain': [
            "chain(call('ts.add', 1, 2), group(call('py.add', 1), call('ts.add', 2))).delay()",
            [4, 5],
          ],
        };
        for (const [what, [code, value]] of Object.entries(cases))
          test(what, async () => assert.deepEqual(await run(`answer = outcome(${code})`), { value }));
        test('as a callback', async () => {
          const code = `
link = call('py.add', 10).set(task_id='linked-${name}')
call('ts.add', 1, 2).apply_async(link=link)
answer = outcome(app.AsyncResult('linked-${name}'))`;
          assert.deepEqual(await run(code), { value: 13 });
        });
      });

      describe('a task that Python replaces runs as what it was replaced with', () => {
        const add = { x: 1, y: 100 };
        const cases: Readonly<Record<string, readonly [make: () => Call<unknown>, value: unknown]>> = {
          alone: [() => call(theirs('replace'), add), 101],
          'in a chain': [() => chain(call(theirs('replace'), add), ours('add').rest({ y: 1 } as never)), 102],
          'at the end of a chain': [
            () => chain(call(ours('add'), { x: 1, y: 1 }), theirs('replace').rest({ y: 1 } as never)),
            3,
          ],
          'in a chord': [
            () => chord([call(theirs('replace'), add), call(ours('add'), { x: 1, y: 1 })], ours('total').rest()),
            103,
          ],
        };
        for (const [what, [make, value]] of Object.entries(cases))
          test(what, async () => assert.deepEqual(await (await send(make())).result(limit), value));
        test('enqueued', async () => {
          const handle = await queue
            .remote('py.replace', { queue: 'python', params: { x: z.int(), y: z.int() } })
            .enqueue(add);
          assert.equal(await handle.result(limit), 101);
          const { name: task, queue: where } = await handle.record();
          assert.deepEqual([task, where], ['ts.add', 'default']);
        });
      });

      test('a message of protocol 1 that is due later runs, and is retried', async () => {
        const code = (what: string) => `
from celery import Celery
old = Celery('old', broker='${servers.broker}', backend='${servers.backend}')
old.conf.task_protocol = 1
answer = outcome(old.AsyncResult(old.send_task(${what}).id))`;
        assert.deepEqual(await run(code("'ts.add', (1, 2), countdown=0.3")), { value: 3 });
        assert.deepEqual(await run(code("'ts.flaky', (2,), countdown=0.3")), { value: [3, null] });
      });

      describe('stamps are handed on, and are headers of the context', () => {
        const cases: Readonly<Record<string, readonly [code: string, value: unknown]>> = {
          'to Python': ["chain(call('ts.add', 1, 2), call('py.stamps').set(queue='python'))", { customer: 'c1' }],
          'to TypeScript': ["chain(call('ts.add', 1, 2), call('ts.headers'))", { customer: 'c1' }],
          'to the first task': ["call('ts.headers', 1)", { customer: 'c1' }],
          'through retries': ["call('ts.flaky', 2)", [3, 'c1']],
        };
        for (const [what, [code, value]] of Object.entries(cases)) {
          test(what, async () => {
            const sent = `sent = ${code}\nsent.stamp(customer='c1')\nanswer = outcome(sent.apply_async())`;
            assert.deepEqual(await run(sent), { value });
          });
        }
      });

      test('the next task goes through its exchange', async () => {
        const code = `
from kombu import Exchange, Queue
with app.connection_for_write() as connection:
    Queue('python', Exchange('other', type='topic'), routing_key='ev.*').bind(connection.default_channel).declare()
answer = outcome(chain(call('ts.add', 1, 2), call('py.add', 10).set(exchange='other', routing_key='ev.x')).delay())`;
        assert.deepEqual(await run(code), { value: 13 });
      });

      describe('a retry by hand goes on as the message says', () => {
        const failed = async (id: string): Promise<void> => {
          await until('the task is known', async () => assert.ok(await (await queue.open()).get(id)));
          await assert.rejects(queue.handle(id).result(limit), { code: 'CORTADO_TASK_FAILED' });
        };
        test('in a chain of Python, with its links', async () => {
          failing.add('chain');
          noted.length = 0;
          const code = `
first = call('ts.once', 'chain').set(link=call('ts.note'))
sent = chain(first, call('py.add', 10), call('ts.add', 100).set(queue='celery')).apply_async()
answer = [sent.id, sent.parent.parent.id]`;
          const [last, first] = await run<[string, string]>(code);
          await failed(first);
          failing.clear();
          await queue.handle(first).retry();
          assert.equal(await queue.handle(first).result(limit), 1);
          // It says that it failed until it is run.
          await until('the chain is done', async () =>
            assert.equal(await run(`answer = app.AsyncResult('${last}').state`), 'SUCCESS'),
          );
          assert.deepEqual(await run(`answer = outcome(app.AsyncResult('${last}'))`), { value: 111 });
          await until('1 of them is there', () => assert.equal(noted.length, 1));
        });
        test('in a chain from here, all of which had failed', async () => {
          failing.add('ours');
          const first = call(ours('once'), { value: 'ours' });
          const second = theirs('add').rest({ y: 10 } as never);
          const handle = await send(chain(first, second, ours('add').rest({ y: 100 } as never)));
          await failed(handle.id);
          assert.equal(await queue.handle(second.id).status(), 'failed');
          failing.clear();
          await queue.handle(first.id).retry();
          await until('its task is succeeded', async () => assert.equal(await handle.status(), 'succeeded'));
          assert.equal(await handle.result(limit), 111);
          assert.equal(await queue.handle(second.id).result(limit), 11);
        });
        test('in a chord, as long as other parts run', async () => {
          failing.add('part');
          gate = Promise.withResolvers();
          const part = call(ours('once'), { value: 'part' });
          const handle = await send(chord([part, call(ours('gate'), { value: 5 })], ours('total').rest()));
          await failed(part.id);
          failing.clear();
          await queue.handle(part.id).retry();
          assert.equal(await queue.handle(part.id).result(limit), 1);
          gate.resolve();
          assert.equal(await handle.result(limit), 6);
        });
      });

      describe('REVOKED that a Python worker notes is no end', () => {
        const revokedBy = (id: string) =>
          run(`app.backend.mark_as_revoked('${id}', reason='revoked', store_result=True)`);
        test('of a chain that runs here, and goes on', async () => {
          gate = Promise.withResolvers();
          const first = call(ours('gate'), { value: 3 });
          const handle = await send(chain(first, theirs('add').rest({ y: 10 } as never)));
          await until('it has started', () => assert.ok(started.includes(first.id)));
          await run(`app.control.revoke('${first.id}')`);
          await until('the revocation is noted', async () =>
            assert.equal(await run(`answer = app.AsyncResult('${first.id}').state`), 'REVOKED'),
          );
          assert.equal(await queue.handle(first.id).status(), 'running');
          gate.resolve();
          assert.equal(await handle.result(limit), 13);
          assert.equal(await run(`answer = app.AsyncResult('${first.id}').state`), 'SUCCESS');
        });
        test('of a task that waits, and runs after all', async () => {
          const handle = await send(ours('add').call({ x: 1, y: 2 } as never, { delay: 700 }));
          await revokedBy(handle.id);
          await until('its task is succeeded', async () => assert.equal(await handle.status(), 'succeeded'));
          assert.equal(await handle.result(limit), 3);
        });
        test('of a task that Python runs to its end', async () => {
          const handle = await send(call(theirs('sleep'), { seconds: 1 }));
          await run(`import time\ntime.sleep(0.3)\napp.control.revoke('${handle.id}')`);
          await until('its task is succeeded', async () => assert.equal(await handle.status(), 'succeeded'));
          assert.equal(await handle.result(limit), 'slept');
        });
        test('of a task that is over', async () => {
          const handle = await send(ours('add').call({ x: 1, y: 2 } as never));
          assert.equal(await handle.result(limit), 3);
          await revokedBy(handle.id);
          assert.equal(await handle.status(), 'succeeded');
        });
        test('but of one that Python leaves out it is', async () => {
          const blockers = await Promise.all([1, 2].map(() => send(call(theirs('sleep'), { seconds: 1 }))));
          const handle = await send(chain(call(ours('add'), { x: 1, y: 1 }), theirs('add').rest({ y: 1 } as never)));
          await run(`app.control.revoke('${handle.id}')`);
          await Promise.all(blockers.map((blocker) => blocker.result(limit)));
          await until('its task is cancelled', async () => assert.equal(await handle.status(), 'cancelled'));
        });
        test('a task that is cancelled and retried at once runs', async () => {
          gate = Promise.withResolvers();
          const handles = await Promise.all([1, 2, 3, 4].map((value) => send(call(ours('gate'), { value }))));
          await until('all have started', () => assert.ok(handles.every(({ id }) => started.includes(id))));
          await Promise.all(handles.map((handle) => handle.cancel()));
          for (const handle of handles) await assert.rejects(handle.result(limit), { code: 'CORTADO_TASK_CANCELLED' });
          await Promise.all(handles.map((handle) => handle.retry()));
          // What Python's workers note of the cancellation comes about now.
          await run('import time\ntime.sleep(1)');
          gate.resolve();
          assert.deepEqual(await Promise.all(handles.map((handle) => handle.result(limit))), [1, 2, 3, 4]);
          // One that waits for its time goes on waiting for it.
          const late = await send(ours('add').call({ x: 1, y: 2 } as never, { delay: 1500 }));
          await late.cancel();
          await late.retry();
          assert.equal(await late.result(limit), 3);
        });
      });

      describe('what waits for a task ends with it', () => {
        const ended = async (handle: { readonly result: (options: typeof limit) => Promise<unknown> }) => {
          const error = await handle.result(limit).catch((thrown: unknown) => thrown);
          const { code } = error as { code?: string };
          return code === 'CORTADO_TASK_FAILED' ? PythonError.of(error)?.type : code;
        };
        const parts: Readonly<Record<string, { delay?: number; expires?: number }>> = {
          'that waits for its time': { delay: 60_000 },
          'that runs': {},
        };
        for (const [what, options] of Object.entries(parts)) {
          test(`a chord, a part of which is cancelled ${what}`, async () => {
            gate = Promise.withResolvers();
            const part = ours('gate').call({ value: 1 } as never, options);
            const handle = await send(chord([part, call(ours('add'), { x: 1, y: 1 })], ours('total').rest()));
            if (options.delay === undefined) await until('it has started', () => assert.ok(started.includes(part.id)));
            else
              await until('it is scheduled', async () =>
                assert.equal(await queue.handle(part.id).status(), 'scheduled'),
              );
            await queue.handle(part.id).cancel();
            assert.equal(await ended(handle), 'ChordError');
          });
          test(`a chain, a link of which is cancelled ${what}`, async () => {
            gate = Promise.withResolvers();
            const link = ours('gate').call({ value: 1 } as never, options);
            const handle = await send(
              chain(link, ours('add').rest({ y: 1 } as never), theirs('add').rest({ y: 1 } as never)),
            );
            if (options.delay === undefined) await until('it has started', () => assert.ok(started.includes(link.id)));
            await queue.handle(link.id).cancel();
            assert.equal(await ended(handle), 'CORTADO_TASK_CANCELLED');
          });
        }
        test('a chord, a part of which is not started in time', async () => {
          const part = ours('add').call({ x: 1, y: 1 } as never, { delay: 60_000, expires: 300 });
          const handle = await send(chord([part, call(ours('add'), { x: 1, y: 1 })], ours('total').rest()));
          assert.equal(await ended(handle), 'ChordError');
        });
        test('a chord, a part of which takes its workers with it', async () => {
          const engine = await queue.open();
          const part = celeryTask('ts.add', { on: queue, queue: 'crash' }).call({ x: 1, y: 1 } as never);
          const handle = await send(chord([part, call(ours('add'), { x: 1, y: 1 })], ours('total').rest()));
          const demand = { queues: [{ queue: 'crash', limit: 1 }], limit: 1, lease: 1 };
          await until('the chord has failed', async () => {
            await engine.claim({ worker: 'forgetful', ...demand });
            await engine.maintain({ maxCrashes: 1 });
            assert.equal(await handle.status(), 'failed');
          });
          const error = PythonError.of(await handle.result(limit).catch((thrown: unknown) => thrown));
          assert.equal(error?.type, 'ChordError');
          assert.match(String(error?.args[0]), /WorkerLostError/);
        });
        test('a chord, the last link of a part of which is cancelled before it is sent', async () => {
          gate = Promise.withResolvers();
          const first = call(ours('gate'), { value: 1 });
          const link = ours('add').rest({ y: 1 } as never);
          const handle = await send(
            chord([chain(first, link), call(ours('add'), { x: 1, y: 1 })], ours('total').rest()),
          );
          await until('it has started', () => assert.ok(started.includes(first.id)));
          assert.equal(await queue.handle(link.id).cancel(), 'cancelled');
          gate.resolve();
          assert.equal(await ended(handle), 'ChordError');
        });
        test('a chord of chords and a chain after it, a part of a part having failed, and its errbacks hear of it', async () => {
          failing.add('deep');
          noted.length = 0;
          const inner = ours('total').rest({} as never, { linkError: [ours('note').rest()] });
          const last = ours('add').rest({ y: 1 } as never);
          const handle = await send(
            chain(
              chord(
                [chord([call(ours('once'), { value: 'deep' })], inner), call(ours('add'), { x: 1, y: 1 })],
                ours('total').rest(),
              ),
              last,
            ),
          );
          assert.equal(await ended(handle), 'ChordError');
          assert.equal(await ended(queue.handle(inner.id)), 'ChordError');
          await until('1 of them is there', () => assert.equal(noted.length, 1));
          assert.deepEqual(noted, [inner.id]);
          failing.clear();
        });
        test('a link that is cancelled and retried before it is sent runs with the result that it waited for', async () => {
          gate = Promise.withResolvers();
          const first = call(ours('gate'), { value: 1 });
          const handle = await send(chain(first, ours('add').rest({ y: 10 } as never)));
          await until('it has started', () => assert.ok(started.includes(first.id)));
          await handle.cancel();
          await handle.retry();
          gate.resolve();
          assert.equal(await handle.result(limit), 11);
        });
      });
    });
  }
}
