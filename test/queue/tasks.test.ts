import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import type { CortadoError } from '../../src/base/error.ts';
import { sleep } from '../../src/concurrency/sleep.ts';
import { dependency } from '../../src/declare/dependency.ts';
import type { Dependency } from '../../src/declare/values.ts';
import { App } from '../../src/http/app/app.ts';
import type { ErrorCode } from '../../src/index.ts';
import { Queue, type QueueOptions, TaskFailure, TaskInputError, type TaskState } from '../../src/queue/index.ts';
import { testClient } from '../../src/testing/index.ts';
import { coded } from '../support/coded.ts';
import { memoryLog } from '../support/memory-log.ts';
import { until } from '../support/until.ts';

const fast = { base: 1, jitter: false };

/** A queue in memory whose worker runs; disposing of it stops both. */
function makeQueue(options: QueueOptions = {}): Queue & { readonly errors: () => readonly { readonly msg: string }[] } {
  const log = memoryLog();
  return Object.assign(new Queue({ log: log.logger, ...options }), { errors: log.errors });
}

async function failureOf(work: Promise<unknown>): Promise<Error> {
  return work.then(
    () => assert.fail('it did not fail'),
    (error: unknown) => error as Error,
  );
}

test('runs a task and gives out what it returned', async () => {
  await using queue = makeQueue();
  const add = queue.task('add', { params: { a: z.int(), b: z.int() } }, ({ a, b }) => ({
    sum: a + b,
    at: new Date(0),
  }));
  await queue.work();
  const handle = await add.enqueue({ a: 1, b: 2 });
  const result = await handle.result({ timeout: 60_000 });
  // As JSON carries it, and so the types say.
  const at: string = result.at;
  assert.deepEqual(result, { sum: 3, at });
  assert.equal(at, '1970-01-01T00:00:00.000Z');
  assert.equal(await handle.status(), 'succeeded');
});

test('gives out a real id at once, before anybody runs the task', async () => {
  await using queue = makeQueue();
  const task = queue.task('nothing', () => undefined);
  const { id, created } = await task.enqueue();
  assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.equal(created, true);
  assert.equal(await queue.handle(id).status(), 'queued');
});

test('returns null for a task that returns nothing', async () => {
  await using queue = makeQueue();
  const task = queue.task('nothing', () => {});
  await queue.work();
  const result: null = await (await task.enqueue()).result({ timeout: 60_000 });
  assert.equal(result, null);
});

test('applies the schema of the result', async () => {
  await using queue = makeQueue();
  const user = queue.task('user', { returns: z.object({ name: z.string() }) }, () => ({
    name: 'Ada',
    password: 'secret',
  }));
  const wrong = queue.task(
    'wrong',
    { returns: z.object({ name: z.string() }), retries: 3 },
    () => ({ name: 7 }) as never,
  );
  await queue.work();
  assert.deepEqual(await (await user.enqueue()).result({ timeout: 60_000 }), { name: 'Ada' });
  const handle = await wrong.enqueue();
  const failure = await failureOf(handle.result({ timeout: 60_000 }));
  coded('CORTADO_TASK_FAILED', '"wrong"', ': name')(failure);
  assert.equal((await handle.record()).attempt, 1, 'a wrong result is not worth a retry');
});

const Loose = z.object({ a: z.object({ b: z.string().optional() }) });
const unfinished: readonly [name: string, fn: () => unknown, names: readonly string[], returns?: z.ZodType][] = [
  ['promise', () => ({ a: Promise.resolve(1) }), ['task "promise"', 'promise', '"a"']],
  ['loose', () => ({ a: Promise.resolve(1) }), ['task "loose"', 'promise', '"a"'], Loose],
  ['forbidden', () => ({ a: Promise.resolve(1) }), ['task "forbidden"', 'promise', '"a"'], z.object({ a: z.int() })],
  ['function', () => () => 1, ['task "function"', 'function']],
  ['uncalled', () => ({ total: Math.max }), ['task "uncalled"', 'function max', '"total"']],
  ['whole', () => 'x', ['task "whole"', 'value: '], z.int()],
  ['error', () => new TypeError('x'), ['task "error"', 'TypeError: x']],
  ['slow', () => new Promise(() => {}), ['"slow"', '100 ms']],
];
for (const [name, fn, names, returns] of unfinished)
  test(`says why the result of ${name} is none`, async () => {
    await using queue = makeQueue();
    const task = queue.task(name, { ...(returns && { returns }), timeout: 100 }, fn as never);
    await queue.work();
    coded('CORTADO_TASK_FAILED', ...names)(await failureOf((await task.enqueue()).result({ timeout: 60_000 })));
  });

test('keeps maps and sets as objects and arrays', async () => {
  await using queue = makeQueue();
  const task = queue.task('sums', { params: { of: z.unknown() } }, ({ of }): unknown => [of, new Set([1])]);
  await queue.work();
  const result = await (await task.enqueue({ of: new Map([['a', 1]]) })).result({ timeout: 60_000 });
  assert.deepEqual(result, [{ a: 1 }, [1]]);
});

test('refuses input that does not fit, with all reasons, and stores nothing', async () => {
  await using queue = makeQueue();
  const task = queue.task('mail', { params: { to: z.email(), times: z.int().min(1) } }, () => 1);
  const failure = await failureOf(task.enqueue({ to: 'nobody', times: 0 }));
  assert.ok(failure instanceof TaskInputError);
  coded('CORTADO_TASK_INPUT', 'task "mail": to: ', '; times: ')(failure);
  assert.deepEqual(
    failure.issues.map(({ loc, type }) => [loc, type]),
    [
      [['to'], 'value_error'],
      [['times'], 'greater_than_equal'],
    ],
  );
  assert.deepEqual(await queue.counts(), {});
});

const round: { self?: unknown } = {};
round.self = round;
const refusedInputs: readonly [string, unknown, string][] = [
  ['is no JSON', { value: round }, 'circular'],
  ['is over the limit', { value: 'x'.repeat(2000) }, '1000'],
];
for (const [what, input, name] of refusedInputs)
  test(`refuses input that ${what}`, async () => {
    await using queue = makeQueue({ payloadLimit: 1000 });
    const task = queue.task('any', { params: { value: z.any() } }, () => 1);
    await assert.rejects(task.enqueue(input as { value: unknown }), coded('CORTADO_QUEUE_PAYLOAD', name));
  });

test('fails a task whose result is over the limit', async () => {
  await using queue = makeQueue({ payloadLimit: 1000 });
  const task = queue.task('large', () => 'x'.repeat(2000));
  await queue.work();
  coded('CORTADO_TASK_FAILED', '1000')(await failureOf((await task.enqueue()).result({ timeout: 60_000 })));
});

test('runs a task that fails again, and keeps its last error', async () => {
  await using queue = makeQueue();
  const seen: number[] = [];
  const flaky = queue.task('flaky', { retries: 2, backoff: fast }, (_, { attempt }) => {
    seen.push(attempt);
    if (attempt < 3) throw new Error(`attempt ${attempt}`);
    return 'ok';
  });
  const broken = queue.task('broken', { retries: 1, backoff: fast }, (_, { attempt }) => {
    throw Object.assign(new RangeError(`attempt ${attempt}`), { code: 'E_RANGE' });
  });
  await queue.work();
  assert.equal(await (await flaky.enqueue()).result({ timeout: 60_000 }), 'ok');
  assert.deepEqual(seen, [1, 2, 3]);
  const handle = await broken.enqueue();
  const failure = await failureOf(handle.result({ timeout: 60_000 }));
  assert.ok(failure instanceof TaskFailure);
  assert.equal(failure.code, 'CORTADO_TASK_FAILED');
  assert.equal(failure.state, 'failed');
  const { name, message, code, stack } = failure.reason!;
  assert.deepEqual([name, message, code], ['RangeError', 'attempt 2', 'E_RANGE']);
  assert.match(stack!, /tasks\.test\.ts/);
});

test('waits longer each time before it runs a task again', async () => {
  await using queue = makeQueue();
  const waits: number[] = [];
  const backoff = (failures: number, error: unknown): number => {
    waits.push(failures);
    assert.equal((error as Error).message, 'no');
    return 1;
  };
  const task = queue.task('broken', { retries: 3, backoff }, () => {
    throw new Error('no');
  });
  await queue.work();
  await failureOf((await task.enqueue()).result({ timeout: 60_000 }));
  assert.deepEqual(waits, [1, 2, 3]);
});

test('asks whether a failure is worth a retry', async () => {
  await using queue = makeQueue();
  const task = queue.task(
    'picky',
    { retries: 5, backoff: fast, retryIf: (error) => !(error instanceof TypeError) },
    (_, { attempt }) => {
      throw attempt === 1 ? new Error('again') : new TypeError('never');
    },
  );
  await queue.work();
  const handle = await task.enqueue();
  await failureOf(handle.result({ timeout: 60_000 }));
  assert.equal((await handle.record()).attempt, 2);
});

const junk: readonly [string, unknown][] = [
  ['a text', 'boom'],
  ['undefined', undefined],
  ['an object', { code: 7 }],
  ['an object that cannot be printed', { toJSON: () => assert.fail('no') }],
];
for (const [what, thrown] of junk)
  test(`stores something sensible where ${what} is thrown`, async () => {
    await using queue = makeQueue();
    const task = queue.task('junk', () => {
      throw thrown;
    });
    await queue.work();
    const failure = await failureOf((await task.enqueue()).result({ timeout: 60_000 }));
    assert.match(failure.message, /is failed: Error: not an Error was thrown/);
  });

test('ends a run at its time limit, also one that does not heed its signal', async () => {
  await using queue = makeQueue();
  let reason: unknown;
  const heeds = queue.task('heeds', { timeout: 40 }, async (_, { signal }) => {
    await sleep(60_000).catch((error) => {
      reason = error;
      throw error;
    });
    return signal.aborted;
  });
  const ignores = queue.task(
    'ignores',
    { timeout: 40 },
    () => new Promise<void>((resolve) => setTimeout(resolve, 60_000).unref()),
  );
  await queue.work();
  for (const task of [heeds, ignores]) {
    const failure = await failureOf((await task.enqueue()).result({ timeout: 60_000 }));
    assert.equal((failure as TaskFailure).reason?.code, 'CORTADO_TIMEOUT');
  }
  assert.equal((reason as CortadoError).code, 'CORTADO_TIMEOUT');
});

/** A transaction that says how it ended. */
function noting(ends: string[]): Dependency<number, never> {
  return dependency(async function* session() {
    try {
      yield 1;
      ends.push('commit');
    } catch (error) {
      ends.push(`rollback: ${(error as CortadoError).code}`);
      throw error;
    }
  });
}

test('fails a run that ends after its time limit, rolls it back and tries again', async () => {
  await using queue = makeQueue();
  const ends: string[] = [];
  const session = noting(ends);
  const late = queue.task(
    'late',
    { params: { session }, timeout: 40, retries: 1, backoff: fast },
    // It heeds no signal, and ends within the moment that it is given.
    (_, { attempt }) => new Promise((resolve) => setTimeout(() => resolve(`run ${attempt}`), attempt === 1 ? 200 : 0)),
  );
  const never = queue.task('never', { timeout: 40 }, () => new Promise((resolve) => setTimeout(resolve, 200)));
  await queue.work();
  assert.equal(await (await late.enqueue()).result({ timeout: 60_000 }), 'run 2');
  assert.deepEqual(ends, ['rollback: CORTADO_TIMEOUT', 'commit']);
  const handle = await never.enqueue();
  const failure = await failureOf(handle.result({ timeout: 60_000 }));
  assert.equal((failure as TaskFailure).reason?.code, 'CORTADO_TIMEOUT');
  assert.equal((await handle.record()).result, undefined);
});

test('does not start a task that came too late', async () => {
  await using queue = makeQueue();
  const task = queue.task('late', () => assert.fail('it ran'));
  const handle = await task.enqueue(undefined, { expires: 30 });
  await sleep(60);
  await queue.work();
  const failure = await failureOf(handle.result({ timeout: 60_000 }));
  assert.equal((failure as TaskFailure).code, 'CORTADO_TASK_EXPIRED');
});

test('starts a delayed task when it is due, and not a second later', async () => {
  await using queue = makeQueue();
  const task = queue.task('later', () => Date.now());
  await queue.work();
  await sleep(50);
  const due = Date.now() + 150;
  const handle = await task.enqueue(undefined, { runAt: new Date(due) });
  assert.equal(await handle.status(), 'scheduled');
  const ranAt = await handle.result({ timeout: 60_000 });
  assert.ok(ranAt >= due && ranAt < due + 1000, `${ranAt - due} ms after it was due`);
});

test('runs a task that failed again when it is due, and not a second later', async () => {
  await using queue = makeQueue();
  const runs: number[] = [];
  const task = queue.task('flaky', { retries: 3, backoff: () => 60 }, (_, { attempt }) => {
    runs.push(Date.now());
    if (attempt < 4) throw new Error('again');
  });
  await queue.work();
  await (await task.enqueue()).result({ timeout: 60_000 });
  const took = runs.at(-1)! - runs[0]!;
  // A worker that only asked once a second would take three.
  assert.ok(took >= 175 && took < 2500, `three waits of 60 ms took ${took} ms`);
});

test('returns the handle of the unfinished task with the same unique key', async () => {
  await using queue = makeQueue();
  const task = queue.task('report', { params: { day: z.string() }, unique: true }, () => 1);
  const byUser = queue.task(
    'user',
    { params: { id: z.int(), note: z.string() }, unique: ({ id }: { id: number }) => String(id) },
    () => 1,
  );
  const first = await task.enqueue({ day: 'monday' });
  const second = await task.enqueue({ day: 'monday' });
  assert.deepEqual([second.id, second.created], [first.id, false]);
  assert.notEqual((await task.enqueue({ day: 'tuesday' })).id, first.id);
  const one = await byUser.enqueue({ id: 1, note: 'a' });
  assert.equal((await byUser.enqueue({ id: 1, note: 'b' })).id, one.id);
});

test('enqueues under an id of your own once', async () => {
  await using queue = makeQueue();
  const task = queue.task('charge', { params: { order: z.int() } }, ({ order }) => order);
  await task.enqueue({ order: 1 }, { id: 'order-1' });
  const again = await task.enqueue({ order: 2 }, { id: 'order-1' });
  assert.equal(again.created, false);
  await queue.work();
  assert.equal(await again.result({ timeout: 60_000 }), 1);
});

test('cancels a task that waits and one that runs', async () => {
  await using queue = makeQueue();
  let reason: unknown;
  const task = queue.task('sleepy', async (_, { signal }) => {
    await sleep(60_000, { signal }).finally(() => (reason = signal.reason));
  });
  const waiting = await task.enqueue(undefined, { delay: 60_000 });
  assert.equal(await waiting.cancel(), 'cancelled');
  await queue.work();
  const running = await task.enqueue();
  await until('its task is running', async () => assert.equal(await running.status(), 'running'));
  assert.equal(await running.cancel(), 'requested');
  const failure = await failureOf(running.result({ timeout: 60_000 }));
  assert.equal((failure as TaskFailure).code, 'CORTADO_TASK_CANCELLED');
  assert.equal((reason as CortadoError).code, 'CORTADO_TASK_CANCELLED');
  assert.equal(await running.cancel(), 'over');
});

test('says that an id is unknown', async () => {
  await using queue = makeQueue();
  const handle = queue.handle('nobody');
  for (const ask of [() => handle.status(), () => handle.result(), () => handle.cancel(), () => handle.retry()]) {
    const failure = (await failureOf(ask())) as CortadoError;
    assert.deepEqual([failure.code, failure.status], ['CORTADO_TASK_NOT_FOUND', 404]);
  }
});

test('stops waiting for a result at the limit, and with the signal', async () => {
  await using queue = makeQueue();
  const handle = await queue.task('nothing', () => 1).enqueue();
  const late = (await failureOf(handle.result({ timeout: 20 }))) as CortadoError;
  assert.equal(late.code, 'CORTADO_TIMEOUT');
  coded('CORTADO_TIMEOUT', 'queued', '20 ms')(late);
  await assert.rejects(handle.result({ signal: AbortSignal.timeout(20) }), { name: 'TimeoutError' });
});

test('retries a failed task by hand, and no other', async () => {
  await using queue = makeQueue();
  let isBroken = true;
  const task = queue.task('once', () => {
    if (isBroken) throw new Error('no');
    return 'ok';
  });
  await queue.work();
  const handle = await task.enqueue();
  await failureOf(handle.result({ timeout: 60_000 }));
  isBroken = false;
  await handle.retry();
  assert.equal(await handle.result({ timeout: 60_000 }), 'ok');
  const refused = (await failureOf(handle.retry())) as CortadoError;
  assert.deepEqual([refused.code, refused.status], ['CORTADO_TASK_STATE', 409]);
});

test('retries no task while another with its unique key is not over; over HTTP that is a 409', async () => {
  await using queue = makeQueue();
  let isBroken = true;
  const task = queue.task('once', { params: { n: z.int() }, unique: true }, () => {
    if (isBroken) throw new Error('no');
    return 'ok';
  });
  const app = new App({ logger: false });
  app.use(queue, { prefix: '/tasks' });
  await using client = await testClient(app);
  const first = await task.enqueue({ n: 1 });
  await failureOf(first.result({ timeout: 60_000 }));
  isBroken = false;
  const second = await task.enqueue({ n: 1 }, { delay: 60_000 });
  assert.equal(second.created, true);
  const said = `Task ${first.id} cannot be retried while task ${second.id} is not over: both have the same unique key.`;
  await assert.rejects(first.retry(), { code: 'CORTADO_TASK_STATE', status: 409, message: said });
  const answer = await client.post(`/tasks/${first.id}/retry`);
  assert.deepEqual([answer.status, (await answer.json<{ detail: string }>()).detail], [409, said]);
  assert.equal(await first.status(), 'failed');
  await second.cancel();
  await first.retry();
  assert.equal(await first.result({ timeout: 60_000 }), 'ok');
});

test('opens dependencies around the run, and stores the result after they have closed', async () => {
  await using queue = makeQueue();
  const steps: string[] = [];
  let stateAtClose: TaskState | undefined;
  const bar = dependency(async function* bar() {
    steps.push('open');
    try {
      yield 'espresso';
    } catch (error) {
      steps.push(`failed: ${(error as Error).message}`);
      throw error;
    }
    stateAtClose = (await queue.list()).tasks[0]!.state;
    steps.push('close');
  });
  const brew = queue.task('brew', { params: { cups: z.int(), bar } }, ({ cups, bar: drink }) => {
    steps.push('run');
    if (cups > 2) throw new Error('no beans');
    return `${cups} ${drink}`;
  });
  await queue.work();
  assert.equal(await (await brew.enqueue({ cups: 2 })).result({ timeout: 60_000 }), '2 espresso');
  await failureOf((await brew.enqueue({ cups: 3 })).result({ timeout: 60_000 }));
  assert.deepEqual(steps, ['open', 'run', 'close', 'open', 'run', 'failed: no beans']);
  assert.equal(stateAtClose, 'running');
});

test('rolls back what a run did whose task was given to another worker', async () => {
  await using queue = makeQueue();
  const ends: string[] = [];
  const session = noting(ends);
  const task = queue.task('zombie', { params: { session } }, async (_, { signal }) => {
    // It heeds no signal, and ends well.
    await sleep(60_000, { signal }).catch(() => {});
    return 'too late';
  });
  await queue.work({ lease: 300 });
  const engine = await queue.open();
  engine.heartbeat = async (_, claims) => claims.map((claim) => ({ ...claim, why: 'lost' }));
  const handle = await task.enqueue();
  await until('the run has ended', () => assert.deepEqual(ends, ['rollback: CORTADO_TASK_LOST']));
  assert.equal((await handle.record()).result, undefined);
});

test('fails a task whose dependency fails to close: a failed commit is no success', async () => {
  await using queue = makeQueue();
  const session = dependency(async function* session() {
    yield 1;
    throw new Error('commit failed');
  });
  const task = queue.task('write', { params: { session } }, () => 'written');
  await queue.work();
  assert.match((await failureOf((await task.enqueue()).result({ timeout: 60_000 }))).message, /commit failed/);
});

test('lets a task that no code declares wait for newer code, with a clear error', async () => {
  await using queue = makeQueue();
  const ghost = queue.remote('ghost');
  await queue.work();
  const handle = await ghost.enqueue();
  await until('its task is retrying', async () => assert.equal(await handle.status(), 'retrying'));
  const { error } = await handle.record();
  assert.equal(error?.code, 'CORTADO_TASK_UNKNOWN');
  assert.match(error!.message, /No task "ghost" is declared here/);
});

test('fails a task whose stored input no longer fits, at once', async () => {
  await using queue = makeQueue();
  const old = queue.remote('mail', { params: { to: z.string() } });
  queue.task('mail', { params: { recipient: z.string() }, retries: 5 }, () => 1);
  await queue.work();
  const failure = await failureOf((await old.enqueue({ to: 'ada' })).result({ timeout: 60_000 }));
  assert.equal((failure as TaskFailure).reason?.code, 'CORTADO_VALIDATION');
  assert.match(failure.message, /recipient: Field required/);
});

test('keeps progress and log lines', async () => {
  await using queue = makeQueue();
  const task = queue.task('report', (_, { progress, log }) => {
    progress(1, 4, 'a quarter');
    log.info({ beans: 3 }, 'grinding');
    log.warn({}, 'hot');
  });
  await queue.work();
  const handle = await task.enqueue();
  await handle.result({ timeout: 60_000 });
  assert.deepEqual((await handle.record()).progress, { done: 1, total: 4, message: 'a quarter' });
  const lines = await handle.logs();
  assert.deepEqual(
    lines.map(({ seq, level, message }) => [seq, level, message]),
    [
      [1, 'info', 'grinding'],
      [2, 'warn', 'hot'],
    ],
  );
});

test('logs texts, errors, and fields with a text, to the process and to the task', async () => {
  const [log, lines] = [{ debug: () => {}, warn: () => {}, error: () => {} }, [] as unknown[]];
  await using queue = makeQueue({ log: { ...log, info: (fields, message) => void lines.push([fields, message]) } });
  const error = new Error('too hot');
  const task = queue.task('report', (_, { log }) => {
    log.info('text');
    log.info(error);
    log.info(error, 'why');
    log.info({ beans: 3 }, 'grinding');
  });
  await queue.work();
  const handle = await task.enqueue();
  await handle.result({ timeout: 60_000 });
  const own = { task_id: handle.id, task: 'report', attempt: 1 };
  assert.deepEqual(lines.slice(0, 4), [
    [own, 'text'],
    [{ ...own, err: error }, 'too hot'],
    [{ ...own, err: error }, 'why'],
    [{ ...own, beans: 3 }, 'grinding'],
  ]);
  const kept = (await handle.logs()).map(({ message }) => message);
  assert.deepEqual(kept, ['text', 'too hot', 'why', 'grinding']);
});

test('runs no more tasks at once than it is told', async () => {
  await using queue = makeQueue({ queues: { narrow: { concurrency: 2 } } });
  let [now, most] = [0, 0];
  const task = queue.task('busy', { queue: 'narrow', params: { n: z.int() } }, async () => {
    most = Math.max(most, ++now);
    await sleep(10);
    now--;
  });
  await queue.work({ concurrency: 20 });
  const handles = await task.enqueueAll(Array.from({ length: 12 }, (_, n) => ({ n })));
  await Promise.all(handles.map((handle) => handle.result({ timeout: 60_000 })));
  assert.equal(most, 2);
});

test('starts no more tasks in a while than it is told', async () => {
  await using queue = makeQueue({ queues: { slow: { rate: { limit: 2, per: 200 } } } });
  const starts: number[] = [];
  const task = queue.task('slow', { queue: 'slow' }, () => void starts.push(performance.now()));
  await queue.work();
  const handles = await task.enqueueAll([{}, {}, {}, {}, {}]);
  await Promise.all(handles.map((handle) => handle.result({ timeout: 60_000 })));
  for (let first = 0; first + 2 < starts.length; first++)
    assert.ok(
      starts[first + 2]! - starts[first]! >= 195,
      `three starts within ${starts[first + 2]! - starts[first]!} ms`,
    );
});

test('waits for its tasks when it stops, and hands back what is not done by the deadline', async () => {
  const queue = makeQueue();
  const task = queue.task('steps', { params: { ms: z.int() } }, async ({ ms }, { signal }) => {
    await sleep(ms, { signal });
    return 'done';
  });
  await queue.work();
  const engine = await queue.open();
  const quick = await task.enqueue({ ms: 50 });
  const slow = await task.enqueue({ ms: 60_000 });
  await until('its task is running', async () => assert.equal(await slow.status(), 'running'));
  const ended: Record<string, TaskState | undefined> = {};
  const { close } = engine;
  engine.close = async (signal) => {
    ended['quick'] = (await engine.get(quick.id))?.state;
    ended['slow'] = (await engine.get(slow.id))?.state;
    await close.call(engine, signal);
  };
  await queue.close(AbortSignal.timeout(200));
  assert.deepEqual(ended, { quick: 'succeeded', slow: 'queued' });
});

test('stops at once when nothing runs, also while it asks for tasks', async () => {
  const queue = makeQueue();
  await queue.work();
  const engine = await queue.open();
  const { claim } = engine;
  engine.claim = async (request) => {
    await sleep(100);
    return claim.call(engine, request);
  };
  await queue.task('nothing', () => 1).enqueue();
  await sleep(20);
  const started = performance.now();
  await queue.close();
  assert.ok(performance.now() - started < 5000);
});

const misuses: readonly [string, (queue: Queue) => unknown, ErrorCode, ...names: string[]][] = [
  [
    'an unknown option',
    (queue) => queue.task('a', { retry: 3 } as never, () => 1),
    'CORTADO_OPTION_UNKNOWN',
    '"retry"',
    'params, returns',
  ],
  ['a name that an engine could not carry', (queue) => queue.task('a b', () => 1), 'CORTADO_TASK_NAME', '"a b"'],
  ['one name twice', (queue) => [queue.task('a', () => 1), queue.task('a', () => 1)], 'CORTADO_TASK_NAME', '"a"'],
  ['retries below 0', (queue) => queue.task('a', { retries: -1 }, () => 1), 'CORTADO_OPTION_INVALID', 'retries'],
  ['a task without a function', (queue) => queue.task('a', {} as never), 'CORTADO_OPTION_INVALID', 'task(name, fn)'],
  [
    'a dependency that reads a header',
    (queue) =>
      queue.task('a', { params: { agent: dependency({ agent: headerParam }, ({ agent }) => agent) } }, () => 1),
    'CORTADO_PARAM_INVALID',
    '"agent"',
    'header',
  ],
  [
    'a dependency that reads an input which the task does not declare',
    (queue) =>
      queue.task('a', { params: { user: dependency({ user_id: z.int() }, ({ user_id }) => user_id) } }, () => 1),
    'CORTADO_PARAM_INVALID',
    '"user_id"',
  ],
  ['an engine that is none', () => new Queue({ engine: {} as never }), 'CORTADO_QUEUE_URL'],
  ['a URL of an unknown kind', () => new Queue({ engine: 'kafka://secret@host' }), 'CORTADO_QUEUE_URL', '"kafka:"'],
];
const { header } = await import('../../src/declare/param.ts');
const headerParam = header(z.string());
for (const [what, misuse, code, ...names] of misuses)
  test(`refuses ${what}`, () => {
    assert.throws(() => misuse(new Queue()), coded(code, ...names));
  });

const enqueueMisuses: readonly [string, object, ErrorCode, ...names: string[]][] = [
  ['delay and runAt together', { delay: 1, runAt: 5 }, 'CORTADO_OPTION_INVALID', 'delay', 'runAt'],
  ['a queue that nobody serves', { queue: 'elsewhere' }, 'CORTADO_TASK_NAME', '"elsewhere"', 'default'],
  ['a priority out of range', { priority: 5000 }, 'CORTADO_OPTION_INVALID', '5000'],
  ['an id with blanks', { id: 'a b' }, 'CORTADO_OPTION_INVALID', 'id', '"a b"'],
  ['an unknown option', { later: 1 }, 'CORTADO_OPTION_UNKNOWN', '"later"'],
];
for (const [what, options, code, ...names] of enqueueMisuses)
  test(`refuses to enqueue with ${what}`, async () => {
    await using queue = makeQueue();
    const task = queue.task('a', () => 1);
    await assert.rejects(task.enqueue(undefined, options), coded(code, ...names));
  });

test('refuses what its engine does not promise, before anything is stored', async () => {
  const { MemoryEngine } = await import('../../src/queue/engines/memory/memory-engine.ts');
  const engine = new MemoryEngine();
  Object.assign(engine, { capabilities: { ...engine.capabilities, delay: false, priority: false, logs: false } });
  await using queue = makeQueue({ engine });
  const task = queue.task('a', () => 1);
  for (const options of [{ delay: 1000 }, { priority: 1 }]) {
    const failure = (await failureOf(task.enqueue(undefined, options))) as CortadoError;
    assert.deepEqual([failure.code, failure.status], ['CORTADO_QUEUE_UNSUPPORTED', 501]);
  }
  assert.deepEqual(await queue.counts(), {});
});

test('starts again after it was closed', async () => {
  const queue = makeQueue();
  const task = queue.task('one', () => 1);
  for (let round = 0; round < 2; round++) {
    await queue.work();
    assert.equal(await (await task.enqueue()).result({ timeout: 60_000 }), 1);
    await queue.close();
  }
});
