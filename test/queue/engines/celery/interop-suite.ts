import assert from 'node:assert/strict';
import { after, before, describe } from 'node:test';
import { z } from 'zod';
import { CortadoError } from '../../../../src/base/error.ts';
import {
  type CeleryTask,
  celeryTask,
  chain,
  chord,
  group,
  PythonError,
  send,
} from '../../../../src/queue/celery/index.ts';
import { Queue } from '../../../../src/queue/index.ts';
import type { CeleryVersion } from '../../../support/celery-versions.ts';
import {
  type PythonDriver,
  type PythonPeerOptions,
  startCeleryWorker,
  startPython,
} from '../../../support/celery-worker.ts';
import type { Program } from '../../../support/program.ts';
import { until } from '../../../support/until.ts';
import { testsOf } from './newest-differences.ts';

/** One way of joining both languages. */
export interface InteropOptions {
  /** Why none of it can run here. */
  readonly skip: string | undefined;
  readonly celery: CeleryVersion;
  /** Starts the servers; returns where they are, and what stops them. */
  readonly setUp: () => Promise<{
    readonly url: string;
    readonly peer: PythonPeerOptions;
    readonly stop: () => Promise<void>;
  }>;
  /** Whether priorities can be tested: three tasks in one go, highest first. */
  readonly priorities: { readonly high: number; readonly low: number };
  /** What each direction calls the more urgent and the less urgent one. */
  readonly celeryPriorities: { readonly high: number; readonly low: number };
}

const text = 'naïve ☕ "quoted" \\ back\nline 𝕏 \'';
const nested = { list: [1, 'two', null, [true, { deep: 1.5 }]], empty: [], none: null, text };

/** Both directions between TypeScript and a real Python Celery. */
export function testInterop(name: string, { celery, skip, setUp, priorities, celeryPriorities }: InteropOptions): void {
  const test = testsOf(celery);
  describe(name, { skip }, () => {
    let servers: Awaited<ReturnType<typeof setUp>>;
    let queue: Queue;
    let python: PythonDriver;
    let worker: Program;
    const ran: string[] = [];
    const relays: number[] = [];
    let revoked: unknown;

    const declare = (): void => {
      queue.task('ts.add', { params: { x: z.number(), y: z.number() } }, ({ x, y }) => x + y);
      queue.task('ts.echo', { params: { value: z.unknown() } }, ({ value }) => value);
      queue.task('ts.total', { params: { numbers: z.array(z.number()) } }, ({ numbers }) =>
        numbers.reduce((a, b) => a + b, 0),
      );
      queue.task('ts.type', { params: { value: z.unknown() } }, ({ value }) => `${typeof value} ${String(value)}`);
      queue.task('ts.big', {}, () => ({ int: 2n ** 53n + 1n, nan: Number.NaN, inf: Number.NEGATIVE_INFINITY, text }));
      queue.task('ts.fail', { params: { kind: z.string() } }, ({ kind }) => {
        if (kind === 'python') throw new PythonError('KeyError', ['user 7']);
        if (kind === 'own') throw new PythonError('Burnt', ['too hot', 93], { module: 'peer' });
        if (kind === 'range') throw new RangeError('bad value');
        throw Object.assign(new Error('odd'), { name: 'OddError' });
      });
      queue.task(
        'ts.flaky',
        { params: { times: z.int() }, retries: 5, backoff: { base: 50 } },
        ({ times }, context) => {
          if (context.attempt <= times) throw new Error('not yet');
          return context.attempt;
        },
      );
      queue.task('ts.when', {}, () => Date.now() / 1000);
      queue.task('ts.note', { params: { label: z.string() } }, ({ label }) => void ran.push(label));
      queue.task('ts.endless', {}, async (_values, { signal }) => {
        await new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
      }).name satisfies string;
      queue.task('ts.saw', { params: { value: z.unknown().optional() } }, ({ value }) => void (revoked = value));
      queue.task(
        'shared.relay',
        { params: { path: z.string().default('') }, retries: 20, backoff: { base: 300, factor: 1 } },
        (_values, context) => {
          relays.push(context.attempt);
          if (context.attempt <= 6) throw new Error('again');
          return 'typescript';
        },
      );
    };

    before(async () => {
      servers = await setUp();
      queue = new Queue({ engine: servers.url, payloadLimit: 8 * 1024 * 1024 });
      declare();
      python = startPython({ ...servers.peer, queue: 'celery' });
      worker = await startCeleryWorker({ ...servers.peer, queue: 'python' }, '-Q', 'python', '-n', 'py@%h');
      await queue.work({ concurrency: 4, queues: ['default'] });
    });
    after(async () => {
      await queue.close();
      await python[Symbol.asyncDispose]();
      await worker[Symbol.asyncDispose]();
      await servers.stop();
    });

    describe('TypeScript calls Python', () => {
      let add: CeleryTask<{ x: z.ZodInt; y: z.ZodInt }, number>;
      let echo: CeleryTask<{ value: z.ZodUnknown }, unknown>;
      const remote = <R = unknown>(task: string) =>
        celeryTask(task, {
          on: queue,
          queue: 'python',
          params: {
            value: z.unknown().optional(),
            seconds: z.number().optional(),
            message: z.string().optional(),
            times: z.int().optional(),
          },
          result: z.custom<R>(),
        });
      const limit = { timeout: 60_000 };
      before(() => {
        add = celeryTask('py.add', { on: queue, queue: 'python', params: { x: z.int(), y: z.int() }, result: z.int() });
        echo = celeryTask('py.echo', {
          on: queue,
          queue: 'python',
          params: { value: z.unknown() },
          result: z.unknown(),
        });
      });

      test('gets a value', async () => {
        const handle = await add.enqueue({ x: 2, y: 3 });
        assert.equal(await handle.result(limit), 5);
        assert.equal(await handle.status(), 'succeeded');
      });
      test('gets back nested values and text as they are', async () => {
        assert.deepEqual(await (await echo.enqueue({ value: nested })).result(limit), nested);
      });
      test('carries a megabyte there and back', async () => {
        const value = 'é'.repeat(1_000_000);
        assert.equal(await (await echo.enqueue({ value })).result(limit), value);
      });
      test('reads what JSON cannot say', async () => {
        const value = await (await remote('py.big').enqueue({})).result(limit);
        assert.deepEqual(value, {
          int: 2n ** 53n + 1n,
          nan: Number.NaN,
          inf: Number.NEGATIVE_INFINITY,
          text: 'naïve ☕ 𝕏',
        });
      });
      test('writes what JSON cannot say', async () => {
        const inspect = remote<string>('py.inspect');
        assert.equal(await (await inspect.enqueue({ value: 2n ** 53n + 1n })).result(limit), '9007199254740993');
        assert.equal(
          await (await inspect.enqueue({ value: [Number.NaN, Number.POSITIVE_INFINITY] })).result(limit),
          '[nan, inf]',
        );
      });
      test('gets exceptions as typed errors', async () => {
        const failure = await (await remote('py.fail').enqueue({ message: 'bad value' }))
          .result(limit)
          .catch((error: unknown) => error);
        assert.ok(failure instanceof CortadoError && failure.code === 'CORTADO_TASK_FAILED');
        const error = PythonError.of(failure)!;
        assert.deepEqual([error.type, error.module, error.args], ['ValueError', 'builtins', ['bad value']]);
        assert.match(error.traceback!, /Traceback/);
        const burnt = PythonError.of(
          await (await remote('py.burn').enqueue({})).result(limit).catch((thrown: unknown) => thrown),
        )!;
        assert.deepEqual([burnt.type, burnt.module, burnt.args], ['Burnt', 'peer', ['too hot', 93]]);
      });
      test('waits through retries', async () => {
        assert.equal(await (await remote('py.flaky').enqueue({ times: 2 })).result(limit), 2);
      });
      test('calls with a delay', async () => {
        const sentAt = Date.now() / 1000;
        const handle = await send(remote<number>('py.when').call({}, { delay: 1000 }));
        assert.ok((await handle.result(limit)) - sentAt >= 0.99);
      });
      test('calls a chain, and knows its tasks before they run', async () => {
        const sum = add.rest({ y: 10 });
        const handle = await send(chain(add.call({ x: 1, y: 2 }), add.rest({ y: 3 }), sum));
        assert.equal(await handle.result(limit), 16);
      });
      test('calls a group', async () => {
        const sums = await group([add.call({ x: 1, y: 1 }), add.call({ x: 2, y: 2 }), add.call({ x: 3, y: 3 })]);
        assert.deepEqual(await sums.results(limit), [2, 4, 6]);
      });
      test('calls a chord, also of tasks in both languages', async () => {
        const total = celeryTask('py.total', {
          on: queue,
          queue: 'python',
          params: { numbers: z.array(z.int()) },
          result: z.int(),
        });
        assert.equal(
          await (await send(chord([add.call({ x: 1, y: 1 }), add.call({ x: 2, y: 2 })], total.rest()))).result(limit),
          6,
        );
        const ours = celeryTask('ts.add', { on: queue, params: { x: z.int(), y: z.int() }, result: z.int() });
        const mixed = chord(
          [add.call({ x: 1, y: 1 }), ours.call({ x: 2, y: 2 }), ours.call({ x: 5, y: 5 })],
          total.rest(),
        );
        assert.equal(await (await send(mixed)).result(limit), 16);
      });
      test('fails a chain as a whole', async () => {
        const handle = await send(chain(remote('py.fail').call({ message: 'broken' }), add.rest({ y: 1 })));
        const error = PythonError.of(await handle.result(limit).catch((thrown: unknown) => thrown));
        assert.equal(error?.type, 'ValueError');
      });
      test('revokes a task that waits', async () => {
        const blockers = await Promise.all([1, 2, 3].map(() => remote('py.sleep').enqueue({ seconds: 1 })));
        const handle = await remote('py.sleep').enqueue({ seconds: 0 });
        assert.equal(await handle.cancel(), 'cancelled');
        await Promise.all(blockers.map((blocker) => blocker.result(limit)));
        assert.equal(await handle.status(), 'cancelled');
        await assert.rejects(handle.result(limit), { code: 'CORTADO_TASK_CANCELLED' });
      });
      test('counts what Python ran, without asking for each', async () => {
        const before = (await queue.counts())['python']?.succeeded ?? 0;
        for (let task = 0; task < 5; task++) await add.enqueue({ x: task, y: task });
        await until('they are counted', async () =>
          assert.equal((await queue.counts())['python']?.succeeded, before + 5),
        );
      });
      test('refuses what would kill a Python worker, before it is sent', async () => {
        await assert.rejects(echo.enqueue({ value: { __type__: 'odd', __value__: 1 } }), {
          code: 'CORTADO_QUEUE_PAYLOAD',
        });
      });
    });

    describe('Python calls TypeScript', () => {
      const run = <T>(code: string): Promise<T> => python.run<T>(code);

      test('gets a value, by position and by name', async () => {
        assert.deepEqual(await run("answer = outcome(call('ts.add', 2, 3).delay())"), { value: 5 });
        assert.deepEqual(await run("answer = outcome(call('ts.add', 2, y=4).delay())"), { value: 6 });
        assert.deepEqual(await run("answer = outcome(call('ts.add', x=2, y=5).delay())"), { value: 7 });
      });
      test('gets back nested values and text as they are', async () => {
        const answer = await run(
          `import json\nanswer = outcome(call('ts.echo', json.loads(${JSON.stringify(JSON.stringify(nested))})).delay())`,
        );
        assert.deepEqual(answer, { value: nested });
      });
      test('carries a megabyte there and back', async () => {
        const code = "text = 'é' * 1000000\nanswer = call('ts.echo', text).delay().get(timeout=15) == text";
        assert.equal(await run(code), true);
      });
      test('keeps what JSON cannot say', async () => {
        assert.deepEqual(await run("answer = outcome(call('ts.type', 2**53 + 1).delay())"), {
          value: 'bigint 9007199254740993',
        });
        assert.deepEqual(await run("answer = outcome(call('ts.type', float('nan')).delay())"), { value: 'number NaN' });
        assert.equal(await run("answer = repr(call('ts.big').delay().get(timeout=15)['int'])"), '9007199254740993');
        assert.equal(
          await run("value = call('ts.big').delay().get(timeout=15)\nanswer = repr([value['nan'], value['inf']])"),
          '[nan, -inf]',
        );
      });
      test('raises the right class', async () => {
        const failing = (kind: string) =>
          run<{ raised: string; module: string; args: string[] }>(
            `answer = outcome(call('ts.fail', '${kind}').delay())`,
          );
        assert.deepEqual(await failing('python'), { raised: 'KeyError', module: 'builtins', args: ['user 7'] });
        assert.deepEqual(await failing('own'), { raised: 'Burnt', module: 'peer', args: ['too hot', '93'] });
        assert.deepEqual(await failing('range'), { raised: 'ValueError', module: 'builtins', args: ['bad value'] });
        assert.deepEqual(await failing('other'), { raised: 'OddError', module: 'celery.exceptions', args: ['odd'] });
      });
      test('learns of input that does not fit, of unknown tasks and of wrong arguments, and the worker lives on', async () => {
        assert.equal(
          (await run<{ raised: string }>("answer = outcome(call('ts.add', 'a', 'b').delay())")).raised,
          'ValueError',
        );
        assert.equal(
          (await run<{ raised: string }>("answer = outcome(call('ts.unknown', 1).delay())")).raised,
          'NotRegistered',
        );
        assert.equal(
          (await run<{ raised: string }>("answer = outcome(call('ts.add', 1, 2, 3).delay())")).raised,
          'TypeError',
        );
        for (const [call, words] of [
          ["'ts.add', 1, zzz=3", "ts.add() got an unexpected keyword argument 'zzz'"],
          ["'ts.add', 1", "ts.add() missing 1 required positional argument: 'y'"],
          ["'ts.add', 1, x=2", "ts.add() got multiple values for argument 'x'"],
        ])
          assert.deepEqual(await run(`answer = outcome(call(${call}).delay())`), {
            raised: 'TypeError',
            module: 'builtins',
            args: [words],
          });
        assert.deepEqual(await run("answer = outcome(call('ts.add', 1, 1).delay())"), { value: 2 });
      });
      test('waits through retries', async () => {
        assert.deepEqual(await run("answer = outcome(call('ts.flaky', 2).delay())"), { value: 3 });
      });
      test('calls with a countdown', async () => {
        const code =
          "import time\nsent = time.time()\nanswer = call('ts.when').apply_async(countdown=1).get(timeout=15) - sent";
        const waited = await run<number>(code);
        assert.ok(waited >= 0.99 && waited < 5, `waited ${waited} s`);
      });
      test('has a task that expired revoked', async () => {
        const code = "result = call('ts.add', 1, 2).apply_async(countdown=1, expires=0.2)\nanswer = outcome(result)";
        assert.equal((await run<{ raised: string }>(code)).raised, 'TaskRevokedError');
      });
      test('calls chains, groups and chords, also of both languages', async () => {
        assert.deepEqual(
          await run("answer = outcome(chain(call('ts.add', 1, 2), call('ts.add', 3), call('ts.add', 4)).delay())"),
          { value: 10 },
        );
        assert.deepEqual(await run("answer = outcome(group(call('ts.add', n, n) for n in range(3)).delay())"), {
          value: [0, 2, 4],
        });
        const body = "call('ts.total')";
        assert.deepEqual(await run(`answer = outcome(chord([call('ts.add', n, n) for n in range(4)])(${body}))`), {
          value: 12,
        });
        const mixed =
          "chord([call('ts.add', 1, 1), call('py.add', 2, 2).set(queue='python')])(call('py.total').set(queue='python'))";
        assert.deepEqual(await run(`answer = outcome(${mixed})`), { value: 6 });
      });
      test('calls back on success and on failure', async () => {
        ran.length = 0;
        const code =
          "call('ts.echo', 'linked').apply_async(link=call('ts.note'))\nresult = call('ts.fail', 'range').apply_async(link_error=call('ts.note'))\nanswer = result.id";
        const id = await run<string>(code);
        await until('2 of them are there', () => assert.equal(ran.length, 2));
        assert.deepEqual([...ran].sort(), [id, 'linked'].sort());
      });
      test('revokes a task that waits', async () => {
        const code =
          "result = call('ts.saw', 'ran').apply_async(countdown=1)\napp.control.revoke(result.id)\nanswer = outcome(result)";
        assert.equal((await run<{ raised: string }>(code)).raised, 'TaskRevokedError');
        assert.equal(revoked, undefined);
      });
      test('terminates a task that runs', async () => {
        const code =
          "import time\nresult = call('ts.endless').delay()\ntime.sleep(0.5)\napp.control.revoke(result.id, terminate=True)\nanswer = outcome(result)";
        assert.equal((await run<{ raised: string }>(code)).raised, 'TaskRevokedError');
      });
      test('sees the worker in inspect and in events', async () => {
        const ping = await run<Record<string, unknown>[]>('answer = app.control.ping(timeout=1)');
        const ours = ping.flatMap((reply) => Object.keys(reply)).find((one) => one.startsWith('cortado-'));
        assert.ok(ours, JSON.stringify(ping));
        const registered = await run<Record<string, string[]>>('answer = app.control.inspect(timeout=1).registered()');
        assert.ok(registered[ours]!.includes('ts.add'));
        const stats = await run<Record<string, { total: Record<string, number> }>>(
          'answer = app.control.inspect(timeout=1).stats()',
        );
        assert.ok(stats[ours]!.total['ts.add']! > 0);
        const code = `
import time
from celery.events.state import State
state = State()
app.control.enable_events()
with app.connection() as connection:
    receiver = app.events.Receiver(connection, handlers={'*': state.event})
    results = []
    import threading
    threading.Timer(0.5, lambda: results.append(call('ts.add', 5, 5).delay())).start()
    end = time.time() + 6
    try:
        for _ in receiver.itercapture(limit=None, timeout=3, wakeup=False):
            if time.time() > end or any(t.name == 'ts.add' and t.state == 'SUCCESS' for t in state.tasks.values()):
                break
    except Exception:
        pass
tasks = {task.name: task.state for task in state.tasks.values()}
answer = [sorted(state.workers), tasks.get('ts.add')]`;
        const [workers, state] = await run<[string[], string]>(code);
        assert.ok(workers.includes(ours), JSON.stringify(workers));
        assert.equal(state, 'SUCCESS');
      });
    });

    test('keeps priorities in their own direction', async () => {
      ran.length = 0;
      const { high, low } = priorities;
      await using urgent = new Queue({ engine: servers.url });
      const note = urgent.task('ts.note', { params: { label: z.string() } }, () => {});
      await queue.close();
      await note.enqueue({ label: 'low' }, { priority: low });
      await note.enqueue({ label: 'high' }, { priority: high });
      await python.run(
        `call('ts.note', 'python low').apply_async(priority=${celeryPriorities.low})\ncall('ts.note', 'python high').apply_async(priority=${celeryPriorities.high})`,
      );
      await queue.work({ concurrency: 1, queues: ['default'] });
      await until('4 of them are there', () => assert.equal(ran.length, 4));
      assert.deepEqual(
        ran.map((label) => label.includes('high')),
        [true, true, false, false],
      );
    });

    // Both need seven runs in all, and count those of the other.
    const relay =
      "results = [call('shared.relay').delay() for _ in range(4)]\nanswer = [result.id for result in results]";
    const results = (ids: string[]) =>
      python.run(`answer = [outcome(app.AsyncResult(id), 30) for id in ${JSON.stringify(ids)}]`);
    // Python's pool loses a task that is handed to a child as it is told to end, so its worker is sent home with empty hands.
    const quieten = `
import socket, time
where = 'shared@' + socket.gethostname()
app.control.cancel_consumer('celery', destination=[where], reply=True, limit=1)
look = app.control.inspect(destination=[where], limit=1)
while any((busy or {where: '?'})[where] for busy in (look.active(), look.reserved(), look.scheduled())):
    time.sleep(0.05)`;
    const shared = () => startCeleryWorker({ ...servers.peer, queue: 'celery' }, '-Q', 'celery', '-n', 'shared@%h');

    test('hands its retries over to a Python worker', { timeout: 90_000 }, async () => {
      relays.length = 0;
      await queue.work({ concurrency: 4, queues: ['default'] }).catch(() => {});
      const ids = await python.run<string[]>(relay);
      await until('eight runs have failed', () => assert.ok(relays.length >= 8));
      await queue.close();
      await using client = new Queue({ engine: servers.url });
      await client.open();
      await using other = await shared();
      assert.deepEqual(await results(ids), new Array(4).fill({ value: 'python' }));
      const retried = (other.output().match(/Task shared\.relay\[[^\]]+\] retry/g) ?? []).length;
      assert.equal(retried + relays.length, 24);
    });

    test('takes over the retries of a Python worker', { timeout: 90_000 }, async () => {
      relays.length = 0;
      await using other = await shared();
      const ids = await python.run<string[]>(relay);
      await other.until(/(?:retry[\s\S]*){8}/);
      await python.run(quieten);
      other.child.kill('SIGTERM');
      await other.ended;
      await queue.work({ concurrency: 4, queues: ['default'] });
      assert.deepEqual(await results(ids), new Array(4).fill({ value: 'typescript' }));
      // None began from the start: what Python tried counts here too.
      assert.ok(relays.length > 0 && relays.every((attempt) => attempt > 1), String(relays));
    });
  });
}
