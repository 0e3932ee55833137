import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { readJson, writeJson } from '../../../../src/base/json/exact-json.ts';
import { uuid } from '../../../../src/base/uuid.ts';
import type { Capabilities } from '../../../../src/queue/contract/capabilities.ts';
import type { Claim, Engine, NewTask, WorkerSide } from '../../../../src/queue/contract/engine.ts';
import { expiredBecause } from '../../../../src/queue/contract/task-errors.ts';
import type { TaskError } from '../../../../src/queue/contract/task-record.ts';
import { openEngine, type WorkingEngine } from '../../../support/open-engine.ts';
import { until } from '../../../support/until.ts';

/** Options of {@link testEngine}. */
export interface EngineSuiteOptions {
  /** Makes an engine, not opened yet, that sees the same tasks each time. */
  readonly make: () => Engine | Promise<Engine>;
  /** Called before the first and after the last test. */
  readonly setUp?: () => Promise<void>;
  readonly tearDown?: () => Promise<void>;
  /** Why none of it can run here. */
  readonly missing?: string | undefined;
  /** Tests that this engine cannot pass, with the reason. Those that its capabilities rule out skip themselves. */
  readonly skip?: Readonly<Record<string, string>>;
  /** Milliseconds of a short lease, for recovery. Default 400. */
  readonly lease?: number;
  /** Milliseconds that a claim may take to see a task, for brokers that push. Default 3,000. */
  readonly patience?: number;
}

const failure: TaskError = { name: 'Error', message: 'no beans' };

/** The tests that every engine must pass: what the contract says, and nothing that it does not. */
export function testEngine(name: string, options: EngineSuiteOptions): void {
  const { lease: shortLease = 400, patience = 3000, skip = {}, missing } = options;
  describe(`engine ${name}`, { skip: missing }, () => {
    let engine: WorkingEngine;
    let queue: string;
    let queues = 0;
    const wakes: (() => void)[] = [];

    const open = async (): Promise<WorkingEngine> => {
      const wake = (): void => {
        for (const listener of wakes) listener();
      };
      return openEngine(await options.make(), { wake, interrupt: wake });
    };
    before(async () => {
      await options.setUp?.();
      engine = await open();
    });
    after(async () => {
      await engine.close(AbortSignal.timeout(2000));
      await options.tearDown?.();
    });

    /** A test with a queue of its own, skipped where the engine does not promise what it needs. */
    const behaves = (title: string, needs: readonly (keyof Capabilities)[], run: () => Promise<void>): void => {
      test(title, async (context) => {
        const lacking = needs.find((flag) => engine.capabilities[flag] === false);
        const reason = skip[title] ?? (lacking && `${engine.kind} does not promise "${lacking}"`);
        if (reason !== undefined) return context.skip(reason);
        queue = `q${++queues}-${randomUUID().slice(0, 8)}`;
        await run();
      });
    };

    const draft = (values: Partial<NewTask> = {}): NewTask => {
      const now = Date.now();
      const base = {
        id: uuid(now),
        name: 'brew',
        queue,
        input: '{"beans":3}',
        priority: 0,
        createdAt: now,
        runAt: now,
      };
      return { ...base, expiresAt: undefined, unique: undefined, after: [], headers: {}, ...values };
    };
    const enqueue = async (values: Partial<NewTask> = {}): Promise<NewTask> => {
      const task = draft(values);
      const [enqueued] = await engine.storage.enqueue([task]);
      assert.deepEqual(enqueued, { id: task.id, created: true });
      return task;
    };
    const claimOnce = (
      limit: number,
      worker = 'worker-1',
      lease = 30_000,
      from: WorkingEngine = engine,
    ): Promise<readonly Claim[]> => from.worker.claim({ worker, queues: [{ queue, limit }], limit, lease });
    /** Claims until there are `count`, as a worker does. */
    const claim = async (
      count: number,
      worker = 'worker-1',
      lease = 30_000,
      from: WorkingEngine = engine,
    ): Promise<Claim[]> => {
      const claims: Claim[] = [];
      for (const end = Date.now() + patience; claims.length < count && Date.now() < end; ) {
        claims.push(...(await claimOnce(count - claims.length, worker, lease, from)));
        if (claims.length < count) await pause(20);
      }
      assert.equal(claims.length, count, `claimed ${claims.length} of ${count}`);
      return claims;
    };
    const finish = async (
      claimed: Claim,
      outcome: Parameters<WorkerSide['finish']>[0][number]['outcome'],
      by: WorkingEngine = engine,
    ): Promise<boolean> => {
      const [accepted] = await by.worker.finish([{ claim: claimed, outcome }]);
      return accepted!;
    };
    const stateOf = async (id: string): Promise<string | undefined> => (await engine.storage.get(id))?.state;
    const keep = (maxCrashes = 3): ReturnType<WorkerSide['maintain']> => engine.worker.maintain({ maxCrashes });
    /** Waits for `probe` as `until` does, keeping the tasks in order meanwhile. */
    const eventually = <T>(what: string, probe: () => Promise<T>): Promise<T> =>
      until(what, async () => {
        await keep();
        return probe();
      });
    const becomes = (id: string, state: string): Promise<void> =>
      eventually(`the task is ${state}`, async () => assert.equal(await stateOf(id), state));

    behaves('gives a worker what was enqueued, once', [], async () => {
      const task = await enqueue({ headers: { traceparent: '00-1' } });
      const [claimed] = await claim(1);
      assert.equal(claimed!.id, task.id);
      assert.equal(claimed!.name, 'brew');
      assert.equal(claimed!.queue, queue);
      assert.deepEqual(JSON.parse(claimed!.input), { beans: 3 });
      assert.equal(claimed!.attempt, 1);
      assert.equal(claimed!.state, 'running');
      assert.equal(claimed!.headers['traceparent'], '00-1');
      assert.deepEqual(await claimOnce(1), []);
      await finish(claimed!, { kind: 'succeeded', result: 'null' });
    });

    behaves('keeps what it is told of a task', ['results', 'knowsIds'], async () => {
      const task = await enqueue();
      const record = await engine.storage.get(task.id);
      assert.equal(record!.state, 'queued');
      assert.equal(record!.queue, queue);
      assert.deepEqual(JSON.parse(record!.input), { beans: 3 });
      assert.equal(record!.attempt, 0);
      assert.equal(record!.result, undefined);
      assert.equal(record!.error, undefined);
      assert.equal(record!.startedAt, undefined);
      assert.ok(Math.abs(record!.createdAt - task.createdAt) < 1000);
    });

    behaves('keeps texts as they are, whatever is in them', ['results'], async () => {
      const text = 'naïve ☕ "quoted" \\ back\nline \u0000 \u2028 𝕏 \' -- ; drop table';
      await enqueue({ input: JSON.stringify({ text }) });
      const [claimed] = await claim(1);
      assert.deepEqual(JSON.parse(claimed!.input), { text });
      await finish(claimed!, { kind: 'succeeded', result: JSON.stringify([text, 1.5, null, { a: [] }]) });
      assert.deepEqual(JSON.parse((await engine.storage.get(claimed!.id))!.result!), [text, 1.5, null, { a: [] }]);
    });

    behaves('knows no id that was not given out', ['knowsIds'], async () => {
      assert.equal(await engine.storage.get('00000000-0000-7000-8000-000000000000'), undefined);
    });

    behaves('stores many tasks at once and gives them out in their order', [], async () => {
      const tasks = Array.from({ length: 25 }, () => draft());
      const enqueued = await engine.storage.enqueue(tasks);
      assert.deepEqual(
        enqueued.map(({ id }) => id),
        tasks.map(({ id }) => id),
      );
      const claimed = await claim(25);
      assert.deepEqual(
        claimed.map(({ id }) => id),
        tasks.map(({ id }) => id),
      );
      const accepted = await engine.worker.finish(
        claimed.map((one) => ({ claim: one, outcome: { kind: 'succeeded', result: '1' } })),
      );
      assert.deepEqual(accepted, new Array(25).fill(true));
    });

    behaves('gives no task to two workers', [], async () => {
      await engine.storage.enqueue(Array.from({ length: 60 }, () => draft()));
      const seen: string[] = [];
      const lane = async (worker: string): Promise<void> => {
        for (let empty = 0; empty < 5; ) {
          const claims = await claimOnce(7, worker);
          if (claims.length === 0) {
            empty++;
            await pause(20);
          }
          seen.push(...claims.map(({ id }) => id));
          await engine.worker.finish(
            claims.map((one) => ({ claim: one, outcome: { kind: 'succeeded', result: '1' } })),
          );
        }
      };
      await Promise.all(['a', 'b', 'c', 'd'].map(lane));
      assert.equal(seen.length, 60);
      assert.equal(new Set(seen).size, 60);
    });

    behaves('takes no more than it is asked for', [], async () => {
      await engine.storage.enqueue(Array.from({ length: 5 }, () => draft()));
      const first = await claim(2);
      assert.equal(first.length, 2);
      const rest = await claim(3);
      assert.equal(new Set([...first, ...rest].map(({ id }) => id)).size, 5);
    });

    behaves('serves the queues that it is asked for, and no other', [], async () => {
      const task = await enqueue();
      const other = `${queue}-other`;
      assert.deepEqual(
        await engine.worker.claim({ worker: 'w', queues: [{ queue: other, limit: 5 }], limit: 5, lease: 30_000 }),
        [],
      );
      const [claimed] = await claim(1);
      assert.equal(claimed!.id, task.id);
    });

    behaves('keeps result and times of a task that succeeded', ['results'], async () => {
      await enqueue();
      const [claimed] = await claim(1);
      assert.equal(await finish(claimed!, { kind: 'succeeded', result: '{"cups":2}' }), true);
      const record = await engine.storage.get(claimed!.id);
      assert.equal(record!.state, 'succeeded');
      assert.deepEqual(JSON.parse(record!.result!), { cups: 2 });
      assert.equal(record!.error, undefined);
      assert.ok(record!.finishedAt! >= record!.startedAt! - 1);
    });

    behaves('keeps the error of a task that failed', ['results'], async () => {
      await enqueue();
      const [claimed] = await claim(1);
      const error = { ...failure, code: 'E_BEANS', stack: 'Error: no beans\n    at brew' };
      assert.equal(await finish(claimed!, { kind: 'failed', error }), true);
      const record = await engine.storage.get(claimed!.id);
      assert.equal(record!.state, 'failed');
      assert.equal(record!.error!.name, 'Error');
      assert.equal(record!.error!.message, 'no beans');
      assert.equal(record!.result, undefined);
      await keep();
      assert.deepEqual(await claimOnce(1), []);
    });

    behaves('runs a task that failed again, when its time has come', ['results', 'delay'], async () => {
      await enqueue();
      const [first] = await claim(1);
      await finish(first!, { kind: 'retrying', error: failure, runAt: Date.now() + 250 });
      assert.equal(await stateOf(first!.id), 'retrying');
      assert.equal((await engine.storage.get(first!.id))!.error!.message, 'no beans');
      assert.deepEqual(await claimOnce(1), []);
      await becomes(first!.id, 'queued');
      const [second] = await claim(1);
      assert.equal(second!.id, first!.id);
      assert.equal(second!.attempt, 2);
      await finish(second!, { kind: 'succeeded', result: '1' });
      assert.equal((await engine.storage.get(first!.id))!.error, undefined);
    });

    behaves('queues a task that was handed back as if it had not run', [], async () => {
      await enqueue();
      const [first] = await claim(1);
      assert.equal(await finish(first!, { kind: 'released' }), true);
      const [second] = await claim(1, 'worker-2');
      assert.equal(second!.id, first!.id);
      assert.equal(second!.attempt, 1);
    });

    behaves('holds a task back until it is due', ['delay', 'results'], async () => {
      const task = await enqueue({ runAt: Date.now() + 300 });
      assert.equal(await stateOf(task.id), 'scheduled');
      assert.deepEqual(await claimOnce(1), []);
      await becomes(task.id, 'queued');
      assert.ok(Date.now() >= task.runAt);
      await claim(1);
    });

    behaves('gives out the urgent first, then the old', ['priority'], async () => {
      const range = engine.capabilities.priority as { min: number; max: number };
      const ids: Record<string, string> = {};
      for (const [label, priority] of [
        ['low', range.min],
        ['first', 0],
        ['second', 0],
        ['high', range.max],
      ] as const)
        ids[label] = (await enqueue({ priority })).id;
      const order = (await claim(4)).map(({ id }) => id);
      const high = range.max > 0 ? ['high', 'first', 'second'] : ['first', 'second', 'high'];
      const expected = range.min < 0 ? [...high, 'low'] : ['high', 'low', 'first', 'second'];
      assert.deepEqual(
        order,
        expected.map((label) => ids[label]),
      );
    });

    behaves('keeps integers of any size digit for digit, in inputs and results', ['results'], async () => {
      const { parse = readJson, stringify = writeJson } = engine.storage;
      const value = { n: 2n ** 70n, list: [-(2n ** 64n), 3], half: 0.5, text: '12345678901234567890' };
      const task = await enqueue({ input: stringify(value) });
      const [claimed] = await claim(1);
      assert.deepEqual(parse(claimed!.input), value);
      await finish(claimed!, { kind: 'succeeded', result: stringify(value) });
      const record = await engine.storage.get(task.id);
      assert.deepEqual(parse(record!.result!), value);
      assert.deepEqual(parse(record!.input), value);
    });

    behaves('does not start what came too late, and says so', ['expires', 'results'], async () => {
      const task = await enqueue({ expiresAt: Date.now() + 150 });
      await pause(200);
      assert.deepEqual(await claimOnce(1), []);
      await becomes(task.id, 'expired');
      assert.deepEqual((await engine.storage.get(task.id))?.error, expiredBecause(task.expiresAt!));
    });

    behaves('lets a task that started in time run again later', ['expires', 'results', 'delay'], async () => {
      await enqueue({ expiresAt: Date.now() + 2000 });
      const [claimed] = await claim(1);
      await finish(claimed!, { kind: 'retrying', error: failure, runAt: Date.now() + 2200 });
      await becomes(claimed!.id, 'queued');
      await claim(1);
    });

    behaves('accepts no second task with the same unique key until the first is over', ['unique'], async () => {
      const unique = `key-${queue}`;
      const first = await enqueue({ unique });
      const [second] = await engine.storage.enqueue([draft({ unique })]);
      assert.deepEqual(second, { id: first.id, created: false });
      const [claimed] = await claim(1);
      const [third] = await engine.storage.enqueue([draft({ unique })]);
      assert.deepEqual(third, { id: first.id, created: false });
      await finish(claimed!, { kind: 'succeeded', result: '1' });
      await enqueue({ unique });
    });

    behaves(
      'retries no task while another has its unique key, and names that one',
      ['unique', 'retry', 'results'],
      async () => {
        const unique = `key-${queue}`;
        const task = await enqueue({ unique });
        const [failed] = await claim(1);
        await finish(failed!, { kind: 'failed', error: failure });
        const other = await enqueue({ unique });
        assert.deepEqual(await engine.storage.retry!(task.id), { heldBy: other.id });
        assert.equal(await stateOf(task.id), 'failed');
        const [claimed] = await claim(1);
        assert.equal(claimed!.id, other.id);
        assert.deepEqual(await engine.storage.retry!(task.id), { heldBy: other.id });
        assert.deepEqual(await claimOnce(5), []);
        await finish(claimed!, { kind: 'succeeded', result: '1' });
        assert.equal(await engine.storage.retry!(task.id), true);
        // It has the key again.
        const [third] = await engine.storage.enqueue([draft({ unique })]);
        assert.deepEqual(third, { id: task.id, created: false });
        const [again] = await claim(1);
        assert.equal(again!.id, task.id);
        await finish(again!, { kind: 'succeeded', result: '1' });
        await enqueue({ unique });
      },
    );

    behaves('keeps one of two tasks with the same unique key in one batch', ['unique'], async () => {
      const unique = `key-${queue}`;
      const [first, second, third] = await engine.storage.enqueue([draft({ unique }), draft({ unique }), draft()]);
      assert.equal(first!.created, true);
      assert.deepEqual(second, { id: first!.id, created: false });
      assert.equal(third!.created, true);
    });

    behaves('stores a task with the same id once', ['idempotent'], async () => {
      const task = await enqueue({ id: `order-${queue}` });
      const [again] = await engine.storage.enqueue([draft({ id: task.id, input: '{"beans":9}' })]);
      assert.deepEqual(again, { id: task.id, created: false });
      const [claimed] = await claim(1);
      assert.deepEqual(JSON.parse(claimed!.input), { beans: 3 });
      assert.deepEqual(await claimOnce(1), []);
    });

    behaves('cancels a task that waits, for good', ['cancel', 'results'], async () => {
      const task = await enqueue();
      assert.equal(await engine.storage.cancel(task.id, 'changed my mind'), 'cancelled');
      assert.deepEqual(await claimOnce(1), []);
      const record = await engine.storage.get(task.id);
      assert.equal(record!.state, 'cancelled');
      assert.match(record!.error!.message, /changed my mind/);
      assert.equal(await engine.storage.cancel(task.id, 'again'), 'over');
    });

    behaves('cancels a task that is not due yet', ['cancel', 'delay', 'results'], async () => {
      const task = await enqueue({ runAt: Date.now() + 200 });
      assert.equal(await engine.storage.cancel(task.id, 'changed my mind'), 'cancelled');
      await pause(250);
      await keep();
      assert.deepEqual(await claimOnce(1), []);
      assert.equal(await stateOf(task.id), 'cancelled');
    });

    behaves('tells a worker of the wish to cancel what it runs', ['cancelRunning', 'results'], async () => {
      await enqueue();
      const [claimed] = await claim(1);
      const interrupted = new Promise<void>((resolve) => wakes.push(resolve));
      assert.equal(await engine.storage.cancel(claimed!.id, 'changed my mind'), 'requested');
      await interrupted;
      const record = await engine.storage.get(claimed!.id);
      assert.equal(record!.state, 'running');
      assert.equal(record!.cancelRequested, true);
      const [interruption] = await engine.worker.heartbeat('worker-1', [claimed!], 30_000);
      assert.equal(interruption!.id, claimed!.id);
      assert.equal(interruption!.why, 'cancelled');
      assert.equal(await finish(claimed!, { kind: 'cancelled', error: failure }), true);
      assert.equal(await stateOf(claimed!.id), 'cancelled');
    });

    behaves('ends a task that failed after the wish to cancel it', ['cancelRunning', 'results'], async () => {
      await enqueue();
      const [claimed] = await claim(1);
      await engine.storage.cancel(claimed!.id, 'changed my mind');
      await finish(claimed!, { kind: 'retrying', error: failure, runAt: Date.now() });
      assert.equal(await stateOf(claimed!.id), 'cancelled');
    });

    behaves('ends a task that was handed back after the wish to cancel it', ['cancelRunning', 'results'], async () => {
      await enqueue();
      const [claimed] = await claim(1);
      await engine.storage.cancel(claimed!.id, 'changed my mind');
      await finish(claimed!, { kind: 'released' });
      assert.equal(await stateOf(claimed!.id), 'cancelled');
      assert.deepEqual(await claimOnce(1), []);
    });

    behaves('cancels nothing under an unknown id', ['cancel', 'knowsIds'], async () => {
      assert.equal(await engine.storage.cancel('00000000-0000-7000-8000-000000000000', 'x'), undefined);
    });

    behaves(
      'queues the task of a worker that is lost again, and refuses its late end',
      ['recovery', 'fencing'],
      async () => {
        await enqueue();
        const [lost] = await claim(1, 'lost-worker', shortLease);
        const again = await eventually('another worker gets it', async () => {
          const claims = await claimOnce(1, 'worker-2');
          assert.equal(claims.length, 1);
          return claims;
        });
        assert.equal(again[0]!.id, lost!.id);
        assert.equal(again[0]!.crashes, 1);
        assert.equal(again[0]!.attempt, 2);
        assert.equal(await finish(lost!, { kind: 'succeeded', result: '"late"' }), false);
        if (engine.capabilities.progress)
          assert.equal(await engine.worker.setProgress!(lost!, { done: 1, total: 2 }), false);
        const [interruption] = await engine.worker.heartbeat('lost-worker', [lost!], shortLease);
        assert.equal(interruption!.why, 'lost');
        assert.equal(await finish(again[0]!, { kind: 'succeeded', result: '"in time"' }), true);
        assert.equal((await engine.storage.get(lost!.id))!.result, '"in time"');
      },
    );

    behaves('leaves the task of a worker that shows life alone', ['recovery'], async () => {
      await enqueue();
      const [claimed] = await claim(1, 'living-worker', shortLease);
      for (const end = Date.now() + shortLease * 3; Date.now() < end; await pause(shortLease / 5)) {
        assert.deepEqual(await engine.worker.heartbeat('living-worker', [claimed!], shortLease), []);
        await keep();
        assert.deepEqual(await claimOnce(1, 'worker-2'), []);
      }
      assert.equal(await finish(claimed!, { kind: 'succeeded', result: '1' }), true);
    });

    behaves('fails a task that takes its workers down, with the reason', ['recovery', 'results'], async () => {
      const task = await enqueue();
      await claim(1, 'victim-1', shortLease);
      await eventually('the second victim gets it', async () => {
        await engine.worker.maintain({ maxCrashes: 2 });
        assert.equal((await claimOnce(1, 'victim-2', shortLease)).length, 1);
      });
      await until('it is put aside', async () => {
        await engine.worker.maintain({ maxCrashes: 2 });
        assert.equal(await stateOf(task.id), 'failed');
      });
      const record = await engine.storage.get(task.id);
      assert.equal(record!.state, 'failed');
      assert.equal(record!.error!.code, 'CORTADO_TASK_CRASHED');
      assert.match(record!.error!.message, /2/);
    });

    behaves(
      'cancels the task of a lost worker that was to be cancelled',
      ['recovery', 'cancelRunning', 'results'],
      async () => {
        await enqueue();
        const [claimed] = await claim(1, 'lost-worker', shortLease);
        await engine.storage.cancel(claimed!.id, 'changed my mind');
        await becomes(claimed!.id, 'cancelled');
      },
    );

    behaves('refuses a second end of one run', ['fencing'], async () => {
      await enqueue();
      const [claimed] = await claim(1);
      assert.equal(await finish(claimed!, { kind: 'succeeded', result: '1' }), true);
      assert.equal(await finish(claimed!, { kind: 'failed', error: failure }), false);
    });

    behaves('keeps the progress of a run', ['progress'], async () => {
      await enqueue();
      const [claimed] = await claim(1);
      assert.equal(await engine.worker.setProgress!(claimed!, { done: 1, total: 4, message: 'grinding' }), true);
      assert.deepEqual((await engine.storage.get(claimed!.id))!.progress, { done: 1, total: 4, message: 'grinding' });
    });

    behaves('keeps log lines in their order, and gives them out from any place', ['logs'], async () => {
      await enqueue();
      const [claimed] = await claim(1);
      const at = Date.now();
      const lines = ['one', 'two'].map((message) => ({ at, level: 'info' as const, message }));
      assert.equal(await engine.worker.addLogs!(claimed!, lines), true);
      assert.equal(await engine.worker.addLogs!(claimed!, [{ at, level: 'error', message: 'three' }]), true);
      assert.deepEqual(await engine.storage.logs!(claimed!.id, 0, 10), [
        { seq: 1, at, level: 'info', message: 'one' },
        { seq: 2, at, level: 'info', message: 'two' },
        { seq: 3, at, level: 'error', message: 'three' },
      ]);
      assert.deepEqual(
        (await engine.storage.logs!(claimed!.id, 1, 1)).map(({ message }) => message),
        ['two'],
      );
    });

    behaves('lists tasks, newest first, page by page', ['list'], async () => {
      const ids: string[] = [];
      for (let count = 0; count < 5; count++) ids.unshift((await enqueue({ name: count === 2 ? 'grind' : 'brew' })).id);
      const first = await engine.storage.list!({ queue }, 3, undefined);
      assert.deepEqual(
        first.tasks.map(({ id }) => id),
        ids.slice(0, 3),
      );
      const second = await engine.storage.list!({ queue }, 3, first.cursor);
      assert.deepEqual(
        second.tasks.map(({ id }) => id),
        ids.slice(3),
      );
      assert.equal(second.cursor, undefined);
      const odd = Promise.resolve().then(() => engine.storage.list!({ queue }, 3, 'abc'));
      await assert.rejects(odd, { code: 'CORTADO_VALIDATION', status: 422 });
      const ground = await engine.storage.list!({ queue, name: 'grind' }, 3, undefined);
      assert.deepEqual(
        ground.tasks.map(({ id }) => id),
        [ids[2]],
      );
      await claim(1);
      const running = await engine.storage.list!({ queue, states: ['running', 'failed'] }, 3, undefined);
      assert.deepEqual(
        running.tasks.map(({ id }) => id),
        [ids[4]],
      );
    });

    behaves('counts tasks by queue and state', ['counts'], async () => {
      await enqueue();
      await enqueue();
      await claim(1);
      const states = (await engine.storage.counts!())[queue]!;
      assert.equal(states.queued, 1);
      assert.equal(states.running, 1);
    });

    behaves('queues a task that failed once more, from the start', ['retry', 'results'], async () => {
      await enqueue();
      const [first] = await claim(1);
      assert.equal(await engine.storage.retry!(first!.id), false);
      await finish(first!, { kind: 'failed', error: failure });
      assert.equal(await engine.storage.retry!(first!.id), true);
      assert.equal(await stateOf(first!.id), 'queued');
      const [second] = await claim(1);
      assert.equal(second!.id, first!.id);
      assert.equal(second!.attempt, 1);
      await finish(second!, { kind: 'succeeded', result: '1' });
      assert.equal(await engine.storage.retry!(first!.id), false);
      if (engine.capabilities.knowsIds)
        assert.equal(await engine.storage.retry!('00000000-0000-7000-8000-000000000000'), undefined);
    });

    behaves(
      'runs a task once that was cancelled while it waited, and retried',
      ['retry', 'cancel', 'results'],
      async () => {
        const task = await enqueue();
        await engine.storage.cancel(task.id, 'changed my mind');
        assert.equal(await engine.storage.retry!(task.id), true);
        assert.equal(await stateOf(task.id), 'queued');
        const [claimed] = await claim(1);
        assert.equal(claimed!.id, task.id);
        for (let look = 0; look < 5; look++, await pause(20)) assert.deepEqual(await claimOnce(5), []);
        assert.deepEqual(await engine.worker.heartbeat('worker-1', [claimed!], 30_000), []);
        assert.equal(await finish(claimed!, { kind: 'succeeded', result: '1' }), true);
        const record = await engine.storage.get(task.id);
        assert.deepEqual([record!.state, record!.attempt, record!.crashes], ['succeeded', 1, 0]);
        assert.deepEqual(await claimOnce(5), []);
      },
    );

    behaves('tells when the next task is due, also right after one became due', ['delay', 'results'], async () => {
      await enqueue();
      const [claimed] = await claim(1);
      const soon = await enqueue({ runAt: Date.now() + 30 });
      const runAt = Date.now() + 400;
      await finish(claimed!, { kind: 'retrying', error: failure, runAt });
      const nextAt = async (): Promise<number> => (await keep()).nextAt ?? Number.POSITIVE_INFINITY;
      await until('the next is due', async () => {
        assert.ok((await nextAt()) <= runAt);
        return (await stateOf(soon.id)) !== 'scheduled';
      });
      assert.ok((await nextAt()) <= runAt);
    });

    behaves('prunes what finished before a time, and nothing else', ['prune', 'knowsIds'], async () => {
      await engine.storage.enqueue([draft(), draft(), draft()]);
      const [old, failed, running] = await claim(3);
      await finish(old!, { kind: 'succeeded', result: '1' });
      await finish(failed!, { kind: 'failed', error: failure });
      await pause(30);
      const cut = Date.now();
      assert.ok((await engine.storage.prune!(['succeeded'], cut + 1, 1000)) >= 1);
      assert.equal(await engine.storage.get(old!.id), undefined);
      assert.equal(await stateOf(failed!.id), 'failed');
      assert.equal(await stateOf(running!.id), 'running');
      assert.equal(await engine.storage.prune!(['succeeded'], cut - 60_000, 1000), 0);
    });

    behaves('enqueues a slot of a schedule once, and none before it later', ['schedules'], async () => {
      const schedule = `schedule-${queue}`;
      assert.equal(await engine.worker.lastSlot!(schedule), undefined);
      const results = await Promise.all(
        [1, 2, 3].map((copy) =>
          engine.worker.enqueueSlot!(schedule, 1_700_000_000_000, draft({ id: `${schedule}-1-${copy}` })),
        ),
      );
      assert.deepEqual(results.sort(), [false, false, true]);
      assert.equal(await engine.worker.lastSlot!(schedule), 1_700_000_000_000);
      assert.equal(await engine.worker.enqueueSlot!(schedule, 1_600_000_000_000, draft()), false);
      assert.equal(await engine.worker.enqueueSlot!(schedule, 1_700_000_060_000, draft()), true);
      assert.equal((await claim(2)).length, 2);
      assert.deepEqual(await claimOnce(1), []);
    });

    behaves('starts a task when all that it waits for have succeeded', ['flows', 'results'], async () => {
      const [one, two] = [draft(), draft()];
      const last = draft({ name: 'serve', after: [one.id, two.id] });
      await engine.storage.enqueue([one, two, last]);
      assert.equal(await stateOf(last.id), 'scheduled');
      const claims = await claim(2);
      await finish(claims[0]!, { kind: 'succeeded', result: '1' });
      await keep();
      assert.deepEqual(await claimOnce(1), []);
      await finish(claims[1]!, { kind: 'succeeded', result: '2' });
      await becomes(last.id, 'queued');
      const [serving] = await claim(1);
      assert.equal(serving!.id, last.id);
      assert.deepEqual(serving!.after, [one.id, two.id]);
    });

    behaves('cancels what waits for a task that failed, all the way down', ['flows', 'results'], async () => {
      const first = draft();
      const second = draft({ after: [first.id] });
      const third = draft({ after: [second.id] });
      await engine.storage.enqueue([first, second, third]);
      const [claimed] = await claim(1);
      await finish(claimed!, { kind: 'failed', error: failure });
      await becomes(third.id, 'cancelled');
      const record = await engine.storage.get(second.id);
      assert.equal(record!.state, 'cancelled');
      assert.match(record!.error!.message, new RegExp(first.id));
    });

    behaves('lets a task wait for one that is over', ['flows', 'results'], async () => {
      await enqueue();
      const [before] = await claim(1);
      await finish(before!, { kind: 'succeeded', result: '1' });
      const next = await enqueue({ after: [before!.id] });
      await becomes(next.id, 'queued');
    });

    behaves('keeps the limit of a queue over all workers', ['queueConcurrency'], async () => {
      await engine.storage.enqueue(Array.from({ length: 5 }, () => draft()));
      const take = (worker: string): Promise<readonly Claim[]> =>
        engine.worker.claim({ worker, queues: [{ queue, limit: 5, concurrency: 2 }], limit: 5, lease: 30_000 });
      const claims = (await Promise.all([take('a'), take('b'), take('c')])).flat();
      assert.equal(claims.length, 2);
      await finish(claims[0]!, { kind: 'succeeded', result: '1' });
      assert.equal((await take('b')).length, 1);
    });

    behaves('keeps the rate of a queue over all workers', ['queueRate'], async () => {
      await engine.storage.enqueue(Array.from({ length: 6 }, () => draft()));
      const take = (worker: string): Promise<readonly Claim[]> =>
        engine.worker.claim({
          worker,
          queues: [{ queue, limit: 5, rate: { limit: 2, per: 700 } }],
          limit: 5,
          lease: 30_000,
        });
      const first = (await Promise.all([take('a'), take('b')])).flat();
      assert.equal(first.length, 2);
      assert.deepEqual(await take('c'), []);
      await pause(800);
      assert.equal((await take('c')).length, 2);
    });

    behaves('wakes workers and watchers, in other processes too', ['results', 'shared'], async () => {
      const other = await open();
      try {
        const woken = new Promise<void>((resolve) => wakes.push(resolve));
        const task = draft();
        await other.storage.enqueue([task]);
        await Promise.race([woken, pause(2000).then(() => assert.fail('no wake-up'))]);
        const [claimed] = await claim(1);
        const changed = new Promise<void>((resolve) => {
          const end = engine.storage.watch(task.id, () => {
            end();
            resolve();
          });
        });
        await finish(claimed!, { kind: 'succeeded', result: '7' }, other.capabilities.shared ? engine : other);
        await Promise.race([changed, pause(2000).then(() => assert.fail('no hint'))]);
        assert.equal((await other.storage.get(task.id))!.result, '7');
      } finally {
        await other.close(AbortSignal.timeout(2000));
      }
    });

    behaves('keeps tasks over a restart', ['durable'], async () => {
      const first = await open();
      const task = draft();
      await first.storage.enqueue([task]);
      await first.close(AbortSignal.timeout(2000));
      const again = await open();
      try {
        const [claimed] = await claim(1, 'worker-1', 30_000, again);
        assert.equal(claimed!.id, task.id);
        await finish(claimed!, { kind: 'succeeded', result: '1' }, again);
      } finally {
        await again.close(AbortSignal.timeout(2000));
      }
    });

    test('has a method for each capability that is one', () => {
      const { storage, worker } = engine;
      const methods: Partial<Record<keyof Capabilities, readonly unknown[]>> = {
        logs: [worker.addLogs, storage.logs],
        progress: [worker.setProgress],
        list: [storage.list],
        counts: [storage.counts],
        retry: [storage.retry],
        prune: [storage.prune],
        schedules: [worker.lastSlot, worker.enqueueSlot],
        transactional: [storage.currentTransaction],
        atomicEnd: [worker.joinEnd],
        signatures: [storage.sendSignature],
      };
      for (const [flag, found] of Object.entries(methods))
        for (const method of found)
          assert.equal(typeof method === 'function', engine.capabilities[flag as keyof Capabilities] !== false, flag);
    });
  });
}
