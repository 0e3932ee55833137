import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import pg from 'pg';
import { z } from 'zod';
import { App, component, type Host } from '../../src/index.ts';
import type { Engine } from '../../src/queue/contract/engine.ts';
import { Watchers } from '../../src/queue/contract/watchers.ts';
import { bullmq } from '../../src/queue/engines/bullmq/bullmq-engine.ts';
import { celery } from '../../src/queue/engines/celery/celery.ts';
import { sqlEngine } from '../../src/queue/engines/sql/sql-engine.ts';
import { MemoryEngine, Queue } from '../../src/queue/index.ts';
import { connectRedis } from '../../src/redis/redis-connection.ts';
import { testClient } from '../../src/testing/index.ts';
import { temporaryFile } from '../db/support/backends.ts';
import { changedEngine } from '../support/open-engine.ts';
import { startPostgres } from '../support/postgres.ts';
import { rabbitMissing, startRabbit } from '../support/rabbitmq-server.ts';
import { redisMissing, startRedis } from '../support/redis-server.ts';
import { until } from '../support/until.ts';

const silent = { debug() {}, info() {}, warn() {}, error() {} };

// One more than a thousand neighbours have.
const count = 1001;
const refusedTask = 500;
const refusedEnd = 700;
const reason = 'It does not fit.';

/** An engine of a test, which refuses the task 500 and the end 700, in whichever company they come. */
interface Picky {
  readonly engine: Engine;
  /** Has storage refuse them, once its tables are there. */
  readonly refuse?: () => Promise<void>;
}

const inputOf = /"n":\s*500\}/;

/** Refuses before the engine is asked: nothing of what a script of Redis gets is refused by Redis. */
function picky(engine: Engine): Picky {
  return {
    engine: changedEngine(engine, ({ storage, worker }) => {
      const enqueue = storage.enqueue.bind(storage);
      const finish = worker!.finish.bind(worker);
      return {
        storage: {
          enqueue: async (tasks) => {
            if (tasks.some(({ input }) => inputOf.test(input))) throw new Error(reason);
            return enqueue(tasks);
          },
        },
        worker: {
          finish: async (ends) => {
            if (ends.some(({ outcome }) => outcome.kind === 'succeeded' && outcome.result === String(refusedEnd)))
              throw new Error(reason);
            return finish(ends);
          },
        },
      };
    }),
  };
}

/** The engines, and what is to be left once a test is over. */
const engines: Readonly<
  Record<string, { readonly skip?: string | undefined; readonly make: (left: AsyncDisposableStack) => Promise<Picky> }>
> = {
  memory: { make: async () => picky(new MemoryEngine()) },
  'sql on SQLite': {
    make: async () => {
      const path = await temporaryFile();
      const refuse = async (): Promise<void> => {
        const file = new DatabaseSync(path, { timeout: 5000 });
        for (const [when, what] of [
          ['insert', `new.input like '%"n":500}'`],
          ['update', `new.result = '700'`],
        ])
          file.exec(
            `create trigger no_${when} before ${when} on cortado_tasks when ${what} begin select raise(abort, '${reason}'); end`,
          );
        file.close();
      };
      return { engine: sqlEngine(`sqlite:${path}`), refuse };
    },
  },
  'sql on PostgreSQL': {
    make: async (left) => {
      const url = await left.use(await startPostgres()).newDatabase();
      const refuse = async (): Promise<void> => {
        const client = new pg.Client({ connectionString: url });
        await client.connect();
        await client.query(
          `alter table cortado_tasks add constraint "${reason}" check (input not like '%"n":500}' and result is distinct from '700')`,
        );
        await client.end();
      };
      return { engine: sqlEngine(url), refuse };
    },
  },
  BullMQ: {
    skip: redisMissing(),
    make: async (left) => picky(bullmq({ url: left.use(await startRedis()).url })),
  },
  'Celery over Redis': {
    skip: redisMissing(),
    make: async (left) => picky(celery({ url: `celery+${left.use(await startRedis()).url}` })),
  },
  'Celery over RabbitMQ': {
    skip: redisMissing() ?? rabbitMissing(),
    make: async (left) => {
      const [redis, rabbit] = [left.use(await startRedis()), left.use(await startRabbit())];
      return picky(celery({ url: `celery+${rabbit.url}`, backend: redis.url }));
    },
  },
};

/** Which of these failed, and why. */
function failuresOf(settled: readonly PromiseSettledResult<unknown>[]): Record<number, string> {
  return Object.fromEntries(
    settled.flatMap((one, at) => (one.status === 'rejected' ? [[at, String((one.reason as Error).message)]] : [])),
  );
}

/** Whether these, and no others, failed, each with its own reason. */
function assertFailed(failed: Readonly<Record<number, string>>, expected: Readonly<Record<number, RegExp>>): void {
  assert.deepEqual(Object.keys(failed), Object.keys(expected));
  for (const [at, reason] of Object.entries(expected)) assert.match(failed[Number(at)]!, reason);
}

for (const [name, { skip = false, make }] of Object.entries(engines)) {
  test(`${name}: of 1,001 tasks in one batch one is refused, of 1,000 ends another`, { skip }, async () => {
    await using left = new AsyncDisposableStack();
    const { engine, refuse } = await make(left);
    await using queue = new Queue({ engine, log: silent });
    const echo = queue.task('echo', { params: { n: z.int() } }, async ({ n }) => n);
    await queue.open();
    await refuse?.();
    const enqueued = await Promise.allSettled(Array.from({ length: count }, (_, n) => echo.enqueue({ n })));
    assertFailed(failuresOf(enqueued), { [refusedTask]: /It does not fit/ });

    await queue.work({ concurrency: 200 });
    const handles = enqueued.map((one) => (one.status === 'fulfilled' ? one.value : undefined));
    const results = await Promise.allSettled(handles.map((handle) => handle?.result({ timeout: 60_000 })));
    assertFailed(failuresOf(results), { [refusedEnd]: /It does not fit/ });
    const right = results.filter((one, n) => one.status === 'fulfilled' && one.value === n);
    assert.equal(right.length, count - 2);
  });

  test(`${name}: of 200 runs whose signs of life go together, the one that is cancelled ends`, { skip }, async () => {
    await using left = new AsyncDisposableStack();
    const { engine } = await make(left);
    await using queue = new Queue({ engine, log: silent });
    const { promise: open, resolve: release } = Promise.withResolvers<void>();
    const begun = new Set<number>();
    const wait = queue.task('wait', { params: { n: z.int() } }, async ({ n }, { signal }) => {
      begun.add(n);
      await new Promise<void>((resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason));
        void open.then(resolve);
      });
      return n;
    });
    const handles = await Promise.all(Array.from({ length: 200 }, (_, n) => wait.enqueue({ n })));
    await queue.work({ concurrency: 200, lease: 3000 });
    await until('all have begun', () => assert.equal(begun.size, 200));
    await handles[50]!.cancel('Nobody wants it.');
    await until('it is cancelled', async () => assert.equal(await handles[50]!.status(), 'cancelled'));
    release();
    const results = await Promise.allSettled(handles.map((handle) => handle.result({ timeout: 60_000 })));
    assertFailed(failuresOf(results), { 50: /cancelled/i });
  });
}

test('what storage refuses of one report keeps back nothing else', async () => {
  const engine = changedEngine(new MemoryEngine(), ({ worker }) => {
    const [setProgress, addLogs] = [worker!.setProgress!.bind(worker), worker!.addLogs!.bind(worker)];
    return {
      worker: {
        setProgress: async (claim, progress) => {
          if (progress.done === refusedTask) throw new Error(reason);
          return setProgress(claim, progress);
        },
        addLogs: async (claim, lines) => {
          if (lines.some(({ message }) => message === `line ${refusedEnd}`)) throw new Error(reason);
          return addLogs(claim, lines);
        },
      },
    };
  });
  const warnings: unknown[] = [];
  await using queue = new Queue({ engine, log: { ...silent, warn: (fields: unknown) => void warnings.push(fields) } });
  const report = queue.task('report', { params: { n: z.int() } }, async ({ n }, { log, progress }) => {
    progress(n, count);
    log.info(`line ${n}`);
    return n;
  });
  const handles = await Promise.all(Array.from({ length: count }, (_, n) => report.enqueue({ n })));
  await queue.work({ concurrency: count });
  const results = await Promise.all(handles.map((handle) => handle.result({ timeout: 60_000 })));
  assert.deepEqual(results, [...handles.keys()]);
  const reported = await Promise.all(
    handles.map(async (handle) => [(await handle.logs()).length, (await handle.record()).progress?.done]),
  );
  for (const [n, found] of reported.entries())
    assert.deepEqual(found, [n === refusedEnd ? 0 : 1, n === refusedTask ? undefined : n]);
  assert.equal(warnings.length, 2);
});

test('a watcher that throws keeps none of 1,000 others from hearing', () => {
  const watchers = new Watchers();
  let heard = 0;
  for (const id of ['one', undefined])
    for (let n = 0; n < count; n++)
      watchers.add(id, () => {
        heard++;
        if (n === refusedTask) throw new Error(reason);
      });
  watchers.notify('one');
  assert.equal(heard, 2 * count);
  watchers.notifyAll();
  assert.equal(heard, 4 * count);
});

test('an observer that throws ends no run, and fails no request', async () => {
  const heard: string[] = [];
  const app = new App({ logger: false });
  app.use({
    [component]: ({ observe }: Host) => {
      observe(() => {
        throw new Error(reason);
      });
      observe(({ name }) => void heard.push(name));
      return { name: 'observers' };
    },
  });
  const queue = new Queue({ engine: 'memory:' });
  const echo = queue.task('echo', { params: { n: z.int() } }, async ({ n }) => n);
  app.use(queue);
  app.get('/', async () => (await echo.enqueue({ n: 1 })).result({ timeout: 60_000 }));
  await using client = await testClient(app);
  assert.equal(await (await client.get('/')).json(), 1);
  await until('all have heard', () => assert.equal(new Set(heard).size, 2));
});

for (const [name, make] of Object.entries({
  BullMQ: bullmq,
  Celery: ({ url }: { url: string }) => celery({ url: `celery+${url}` }),
}))
  test(`${name}: a task whose record is spoilt keeps no other from being listed`, {
    skip: redisMissing() ?? false,
  }, async () => {
    await using server = await startRedis();
    await using queue = new Queue({ engine: make({ url: server.url }), log: silent });
    const echo = queue.task('echo', { params: { n: z.int() } }, async ({ n }) => n);
    const handles = await Promise.all(Array.from({ length: 100 }, (_, n) => echo.enqueue({ n })));
    const redis = await connectRedis({ user: 'QUEUE', url: server.url });
    const [key] = await redis.keys(`*cortado:t:${handles[50]!.id}`);
    await redis.set(key!, 'not a task');
    redis.disconnect();
    assert.equal((await queue.list({}, 200)).tasks.length, 99);
  });
