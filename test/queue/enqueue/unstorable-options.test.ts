import assert from 'node:assert/strict';
import { test } from 'node:test';
import { App, CortadoError } from 'cortado';
import { database } from 'cortado/db';
import { Queue } from 'cortado/queue';
import { testClient } from 'cortado/testing';
import { z } from 'zod';
import type { TaskStorage } from '../../../src/queue/contract/engine.ts';
import { PartialFailure } from '../../../src/queue/contract/partial-failure.ts';
import { MemoryEngine } from '../../../src/queue/engines/memory/memory-engine.ts';
import { coded } from '../../support/coded.ts';
import { changedEngine } from '../../support/open-engine.ts';
import { until } from '../../support/until.ts';

/** Options of one caller that no engine can store, and what the refusal names. */
const unusable: readonly [string, object, ...names: string[]][] = [
  ['a priority out of range', { priority: 5000 }, '5000'],
  ['a delay beyond all years', { delay: 1e300 }, 'delay', '1e+300'],
  ['a delay of a hundred thousand years', { delay: 4e15 }, 'delay'],
  ['a delay that is no number', { delay: Number.NaN }, 'delay'],
  ['a time after the year 9999', { runAt: 1e15 }, 'runAt', '1000000000000000'],
  ['a time before 1970', { runAt: new Date(-1) }, 'runAt'],
  ['a date that is none', { runAt: new Date(Number.NaN) }, 'runAt', 'Invalid Date'],
  ['an expiry beyond all years', { expires: 1e300 }, 'expires', '1e+300'],
  ['an expiry that is no date', { expires: new Date(Number.NaN) }, 'expires'],
  ['an expiry after the year 9999', { expires: new Date(8.64e15) }, 'expires'],
  ['a unique key with NUL', { unique: 'a\0b' }, 'unique', 'NUL'],
];

for (const engine of ['memory:', 'sqlite::memory:'])
  test(`${engine} none of 1,000 neighbours fails with a task that cannot be stored`, async () => {
    await using queue = new Queue({ engine });
    const job = queue.task('job', { params: { n: z.int() } }, ({ n }) => n);
    for (const [what, options, ...names] of unusable) {
      const calls = Array.from({ length: 1001 }, (_, n) => job.enqueue({ n }, n === 500 ? options : {}));
      const settled = await Promise.allSettled(calls);
      const failed = settled.flatMap((call, n) => (call.status === 'rejected' ? [[n, call.reason] as const] : []));
      assert.deepEqual(
        failed.map(([n]) => n),
        [500],
        what,
      );
      coded('CORTADO_OPTION_INVALID', ...names)(failed[0]![1]);
    }
    assert.equal((await queue.counts())['default']?.queued, unusable.length * 1000);
  });

test('none of 1,000 neighbours fails with a task that the storage refuses', async () => {
  const engine = changedEngine(new MemoryEngine(), ({ storage }) => {
    const enqueue = storage.enqueue.bind(storage);
    return {
      storage: {
        enqueue: async (tasks) => {
          if (tasks.some(({ input }) => input.includes('500'))) throw new Error('It does not fit.');
          return enqueue(tasks);
        },
      },
    };
  });
  await using queue = new Queue({ engine });
  const job = queue.task('job', { params: { n: z.int() } }, ({ n }) => n);
  const settled = await Promise.allSettled(Array.from({ length: 1001 }, (_, n) => job.enqueue({ n })));
  assert.deepEqual(
    settled.flatMap(({ status }, n) => (status === 'rejected' ? [n] : [])),
    [500],
  );
});

test('over HTTP a bad caller is told so, and the others have their tasks', async () => {
  await using app = new App({ logger: false });
  const queue = new Queue({ engine: 'memory:' });
  const job = queue.task('job', { params: { n: z.int() } }, ({ n }) => n);
  app.use(queue, { worker: false });
  app.post('/jobs', { params: { n: z.int(), priority: z.int() }, status: 202 }, async ({ n, priority }) => ({
    id: (await job.enqueue({ n }, { priority })).id,
  }));
  const client = await testClient(app);
  const answers = await Promise.all(
    Array.from({ length: 60 }, (_, n) => client.post(`/jobs?n=${n}&priority=${n % 30 === 0 ? 5000 : 1}`)),
  );
  assert.equal(answers.filter(({ status }) => status === 202).length, 58);
});

test('a backoff beyond all years still leaves a task that can be read', async () => {
  await using queue = new Queue({ engine: 'memory:' });
  const job = queue.task('job', { retries: 1, backoff: () => Number.POSITIVE_INFINITY }, () => {
    throw new Error('always');
  });
  const handle = await job.enqueue();
  await queue.work();
  await until('its task is retrying', async () => assert.equal(await handle.status(), 'retrying'));
  assert.ok(Number.isFinite((await handle.record()).runAt));
});

type NewTasks = Parameters<TaskStorage['enqueue']>[0];

const isBad = ({ input }: NewTasks[number]): boolean => JSON.parse(input).n < 300 && JSON.parse(input).n % 2 === 0;

/** Ways in which a broker does not take a few of many tasks, and in which state those are then. */
const refusals: readonly [string, (tasks: NewTasks) => Error | undefined, string][] = [
  [
    'says of each that its queue is not to be had',
    (tasks) => {
      const problems = tasks.map((task) =>
        isBad(task) ? new CortadoError('CORTADO_QUEUE_PAYLOAD', 'No.') : undefined,
      );
      return problems.some((problem) => problem !== undefined) ? new PartialFailure(problems) : undefined;
    },
    'queued',
  ],
  [
    'refuses what they are in',
    (tasks) => (tasks.some(isBad) ? new CortadoError('CORTADO_QUEUE_PAYLOAD', 'It does not fit.') : undefined),
    'failed',
  ],
  [
    'fails in a way that nobody knows',
    (tasks) => (tasks.some(isBad) ? new Error('It does not fit.') : undefined),
    'queued',
  ],
];

for (const [how, refuse, state] of refusals)
  test(`an outbox whose broker ${how} hands on all the others`, async () => {
    const taken = new Set<string>();
    const engine = changedEngine(new MemoryEngine(), ({ storage }) => {
      const store = storage.enqueue.bind(storage);
      const enqueue = async (tasks: NewTasks) => {
        const error = refuse(tasks);
        const fit = tasks.filter((task) => error === undefined || (error instanceof PartialFailure && !isBad(task)));
        const enqueued = await store(fit);
        for (const { input } of fit) taken.add(input);
        if (error !== undefined) throw error;
        return enqueued;
      };
      return { storage: { enqueue } };
    });
    await using db = database({ url: 'sqlite::memory:' });
    await using queue = new Queue({ engine, outbox: db });
    const job = queue.task('job', { params: { n: z.int() } }, ({ n }) => n);
    const handles = await db.transaction(() => Promise.all(Array.from({ length: 1000 }, (_, n) => job.enqueue({ n }))));
    await until('the others are handed on', async () => assert.equal(taken.size, 850));
    assert.equal(await handles[0]!.status(), state);
    assert.equal(await handles[1]!.status(), 'queued');
  });
