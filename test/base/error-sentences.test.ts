// What Cortado's errors say, by code: the sentences stand in error-sentences.test.ts.snapshot, and in no other test. After a change of
// wording: node --conditions=cortado-source --test-update-snapshots test/base/error-sentences.test.ts
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { sql } from 'kysely';
import { z } from 'zod';
import { type ErrorCode, errorCodes } from '../../src/base/error-codes.ts';
import { tooOldNode } from '../../src/base/process/node-version.ts';
import { Channels } from '../../src/channels/index.ts';
import { listenFailure } from '../../src/cli/terminal/listen-failure.ts';
import * as failures from '../../src/db/engine/db-error.ts';
import { database, model, primaryKey, version } from '../../src/db/index.ts';
import { Limits } from '../../src/http/app/limits.ts';
import { UploadedFile } from '../../src/http/uploads/uploaded-file.ts';
import { Uploads } from '../../src/http/uploads/uploads.ts';
import { httpClient } from '../../src/http-client/index.ts';
import {
  App,
  CortadoError,
  component,
  dependency,
  HttpError,
  RequestAborted,
  ServerSentEvent,
  sleep,
  timeout,
} from '../../src/index.ts';
import { invalidCursor } from '../../src/inject/invalid-cursor.ts';
import { strictLoop } from '../../src/loop/index.ts';
import { metrics } from '../../src/metrics/index.ts';
import { crashedBecause, expiredBecause } from '../../src/queue/contract/task-errors.ts';
import { MemoryEngine } from '../../src/queue/engines/memory/memory-engine.ts';
import { chain, Queue } from '../../src/queue/index.ts';
import { settings } from '../../src/settings/index.ts';
import { testClient } from '../../src/testing/index.ts';
import { threads } from '../../src/threads/index.ts';
import { plainDate } from '../../src/values/index.ts';
import { memoryLog } from '../support/memory-log.ts';
import { silent } from '../support/silent-logger.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { until } from '../support/until.ts';

class Cup extends model('cups', {
  id: primaryKey(),
  name: z.string().max(20),
  size: z.int(),
  change: version(),
}) {}
const db = database({ url: 'sqlite::memory:', models: { Cup } });
const cpu = threads<typeof import('../threads/cpu.ts')>(new URL('../threads/cpu.ts', import.meta.url), {
  threads: 1,
  queue: 0,
});
const room = new Channels().channel('rooms', { params: { room: z.string() }, event: z.string() });
const ghosts = new Queue();
ghosts.remote('ghost');
after(async () => {
  await db.close();
  await cpu[Symbol.asyncDispose]();
});

const app = (): App => new App({ logger: false });
const route = (options: object, path = '/x'): unknown => app().post(path, options as never, () => 1);

/** Throws what the log says of a request for a route like this. */
async function inRequest(options: object, handler: () => unknown): Promise<void> {
  const log = memoryLog();
  const made = new App({ logger: log.logger });
  made.get('/x', options as never, handler as never);
  {
    await using client = await testClient(made);
    await client.get('/x');
  }
  throw log.errors()[0]?.err;
}

/** What comes of a task that does this. */
async function inTask(
  fn: () => unknown,
  ask: (queue: Queue, id: string) => unknown = (queue, id) => queue.handle(id).result({ timeout: 60_000 }),
  options: object = {},
): Promise<unknown> {
  await using queue = new Queue({ log: memoryLog().logger });
  const task = queue.task('brew', { params: { cups: z.int() } }, fn);
  const { id } = await task.enqueue({ cups: 1 }, options);
  await queue.work({ lease: 300 });
  return await ask(queue, id);
}

const withTables = async <T>(fn: () => T): Promise<Awaited<T>> => {
  await db.createSchema();
  return await fn();
};

const pool = dependency({ q: z.string() }, () => 1, { name: 'pool', scope: 'app' });
const circle: Record<string, ReturnType<typeof dependency>> = {};
circle['a'] = dependency({ b: dependency(circle as never, () => 1, { name: 'b' }) } as never, () => 1, { name: 'a' });
const named = (value: number) => dependency(() => value, { name: 'session' });

/** Ways to come by an error of each code, with the sentences that are most its own. */
const ways: Readonly<Record<ErrorCode, readonly (() => unknown)[]>> = {
  CORTADO_PATH_INVALID: [() => route({}, 'x'), () => route({}, '/:name'), () => route({}, '/{n:int}')],
  CORTADO_PATH_PARAMETER: [() => route({}, '/{a}')],
  CORTADO_PARAM_INVALID: [() => route({ params: { n: Number } }), () => route({ params: z.object({}) })],
  CORTADO_OPTION_UNKNOWN: [() => route({ gaurds: [] }), () => new App({ zebra: 1 } as never)],
  CORTADO_OPTION_INVALID: [
    () => new App({ errors: 'problems' as never }),
    () => route({ timeout: 0 }),
    () => app().use((async () => {})() as never),
    () => app().use(app() as never),
    () => app().include({ [component]: () => ({ name: 'x' }) } as never),
    () => new ServerSentEvent({ event: 'a\nb' }),
    () => new Queue().task('a', { retries: -1 }, () => 1),
    () => chain(new Queue().task('brew', () => 1) as never),
  ],
  CORTADO_SETTINGS_INVALID: [
    () => settings(z.object({ port: z.int(), jwtSecret: z.string() }), { environment: { PORT: 'x' }, files: ['.env'] }),
    () => settings(z.object({ port: z.int() }), { environment: {} }),
  ],
  CORTADO_SCHEMA_UNDESCRIBED: [
    () => route({ params: { a: z.map(z.date(), z.int()) } }),
    () => route({ response: z.map(z.date(), z.int()) as z.ZodType }),
    () => route({ response: z.symbol() as z.ZodType }),
  ],
  CORTADO_DEPENDENCY_SCOPE: [() => route({ params: { pool } })],
  CORTADO_DEPENDENCY_CYCLE: [() => route({ params: { a: circle['a'] } })],
  CORTADO_DEPENDENCY_NAME: [() => route({ params: { a: named(1), b: named(2) } })],
  CORTADO_GUARD_BODY: [() => route({ guards: [dependency({ item: z.object({}) }, () => 1)] })],
  CORTADO_ROUTE_DUPLICATE: [
    () => {
      const made = app();
      made.get('/x', () => 1);
      made.get('/x', () => 1);
    },
  ],
  CORTADO_LIFECYCLE: [
    async () => {
      const made = app();
      await using _ = await testClient(made);
      made.use({ [component]: () => ({ name: 'late' }) });
    },
  ],
  CORTADO_NODE_VERSION: [
    () => {
      throw new CortadoError('CORTADO_NODE_VERSION', tooOldNode({ node: '20.0.0' })!);
    },
    () => withoutTemporal(plainDate),
  ],
  CORTADO_GUARD_VALUE: [() => inRequest({ guards: [dependency(() => false, { name: 'isStaff' })] }, () => 1)],
  CORTADO_GENERATOR_YIELD: [
    () => inRequest({ params: { odd: dependency(async function* odd() {}) } }, () => 1),
    () =>
      inRequest(
        {
          params: {
            odd: dependency(async function* odd() {
              yield 1;
              yield 2;
            }),
          },
        },
        () => 1,
      ),
  ],
  CORTADO_RESPONSE_INVALID: [
    () => inRequest({ response: z.object({ name: z.string() }) }, () => ({ name: 7 })),
    () => inRequest({}, () => ({ user: Promise.resolve(1) })),
    () => inRequest({}, () => new Error('boom')),
    () => inRequest({}, () => new WeakMap()),
  ],
  CORTADO_NOT_AWAITED: [() => (ghosts.handle('1').record() as never as { state: string }).state],
  CORTADO_LEFT_OPEN: [
    async () => {
      const { promise, resolve } = Promise.withResolvers<void>();
      const late = dependency(
        async function* () {
          yield 1;
          await promise;
        },
        { exit: 'after-send' },
      );
      const made = app();
      made.get('/', { params: { late } }, () => 1);
      const client = await testClient(made);
      await client.get('/');
      await client.close().finally(resolve);
    },
  ],
  CORTADO_ABORTED: (['client-gone', 'client-stalled', 'stopping'] as const).map(
    (reason) => () => Promise.reject(new RequestAborted(reason)),
  ),
  CORTADO_TIMEOUT: [() => timeout(5, () => sleep(60_000))],
  CORTADO_OVERLOADED: [() => Promise.reject(new Limits({ inFlight: 1 }).refusal)],
  CORTADO_UPLOADS_FULL: [() => new Uploads({ total: 1 }, silent).reserve(2)],
  CORTADO_UPLOAD_GONE: [() => new UploadedFile([], 'latte.png', 'image/png', { isOver: true }).stream()],
  CORTADO_HTTP: [
    () => {
      throw new HttpError(404);
    },
  ],
  CORTADO_VALIDATION: [() => Promise.reject(invalidCursor('list()', 'x', 'CORTADO_VALIDATION'))],
  CORTADO_THREAD_MODULE: [
    () => threads(new URL('file:///no/such/module.ts')),
    () => (cpu as never as { nope: () => unknown }).nope(),
  ],
  CORTADO_THREAD_CLONE: [() => cpu.argumentsOf(() => 1), () => cpu.uncloneable()],
  CORTADO_THREADS_BUSY: [
    async () => {
      const first = cpu.waits(50);
      await cpu.waits(50).finally(() => first);
    },
  ],
  CORTADO_THREAD_DIED: [() => cpu.die()],
  CORTADO_LOOP_BLOCKED: [
    async () => {
      using _ = strictLoop({ longest: false });
      await inRequest({}, () => readFileSync('/dev/null'));
    },
  ],
  CORTADO_METRICS: [
    () => {
      const { resolve, cache } = createRequire(import.meta.url);
      const path = resolve('prom-client');
      const before = cache[path];
      const missing = {
        loaded: true,
        get exports(): never {
          throw new Error('not installed');
        },
      };
      cache[path] = missing as never;
      try {
        metrics();
      } finally {
        if (before === undefined) delete cache[path];
        else cache[path] = before;
      }
    },
  ],
  CORTADO_UPSTREAM: [
    async () => {
      const beans = httpClient({ baseUrl: 'http://127.0.0.1:1' });
      await using made = app();
      made.get('/', { params: { beans } }, async ({ beans }) => {
        await assert.rejects(beans.get('/x'), (error) => {
          failure = error;
          return true;
        });
      });
      let failure: unknown;
      const client = await testClient(made);
      await client.get('/');
      throw failure;
    },
  ],
  CORTADO_UPSTREAM_URL: [() => httpClient({ baseUrl: 'ftp://x' })],
  CORTADO_DB_URL: [
    () => database({ url: 'mysql://x/y' }),
    () => database({ url: '' }),
    () => database({ url: 'sqlite:' }),
  ],
  CORTADO_DB_UNREACHABLE: [() => database({ url: 'sqlite:/no/such/folder/app.db' }).open()],
  CORTADO_DB_MODEL: [() => model('t', { a: z.string().transform(Number) }), () => model('t', { a: String as never })],
  CORTADO_DB_DRIFT: [
    async () => {
      const made = app();
      made.use(
        database({ url: 'sqlite::memory:', models: { Cups: class extends model('cups', { id: primaryKey() }) {} } }),
        {
          drift: 'throw',
        },
      );
      await made.ready();
    },
  ],
  CORTADO_DB_MIGRATION: [
    async () => {
      const folder = temporaryFolder('sentences');
      writeFileSync(join(folder, '001_nothing.js'), 'export const down = () => {};');
      await db.migrations(folder).latest();
    },
  ],
  CORTADO_DB_CURSOR: [() => Cup.all().pageAfter({ cursor: 'x' })],
  CORTADO_DB_FILTER: [() => Cup.all().limit('2' as never), () => Cup.filter({ colour: 'x' } as never)],
  CORTADO_DB_ROW_INVALID: [() => withTables(() => Cup.create({ name: 'x'.repeat(30), size: 1 }))],
  CORTADO_DB_VALUE: [() => withTables(() => Cup.filter({ name: 'half \uD800' }))],
  CORTADO_DB_QUERY: [
    () => sql`select ${Number.NaN}`.execute(db.kysely),
    () => sql`select ${new Map()}`.execute(db.kysely),
  ],
  CORTADO_DB_READ_ONLY: [() => Promise.reject(failures.writeRefused('delete from cups'))],
  CORTADO_DB_TRANSACTION: [
    () => Promise.reject(failures.sessionEnded()),
    () => Promise.reject(failures.savepointUndone()),
    () => Promise.reject(failures.sendThroughTransaction()),
    () => Promise.reject(failures.queryNotAwaited('insert into cups')),
    () => Promise.reject(failures.notHeard(new Error('no beans'))),
  ],
  CORTADO_DB_DEADLOCK: [
    () =>
      withTables(() =>
        db.transaction(async () => {
          await Cup.create({ name: 'a', size: 1 });
          await db.kysely
            .insertInto('cups')
            .values({ name: 'b', size: 1 } as never)
            .execute();
        }),
      ),
  ],
  CORTADO_DB_POOL: [() => Promise.reject(failures.poolExhausted('no turn to write within 50 ms'))],
  CORTADO_DB_BUSY: [() => Promise.reject(failures.databaseBusy(undefined, undefined))],
  CORTADO_DB_CONFLICT: [() => Promise.reject(failures.conflict(undefined, undefined))],
  CORTADO_DB_WORKER: [() => Promise.reject(failures.threadEnded('ended'))],
  CORTADO_DB_STALE: [
    () =>
      withTables(async () => {
        const cup = await Cup.create({ name: 'stale', size: 1 });
        const same = await Cup.get({ id: cup.id });
        same.size = 2;
        await same.save();
        cup.size = 3;
        await cup.save();
      }),
  ],
  CORTADO_DB_UNIQUE: [() => Promise.reject(failures.uniqueViolation(['name'], undefined, undefined))],
  CORTADO_DB_FOREIGN_KEY: [() => Promise.reject(failures.foreignKeyViolation(undefined, undefined))],
  CORTADO_ROW_NOT_FOUND: [() => withTables(() => Cup.get({ name: 'nobody' }))],
  CORTADO_ROW_AMBIGUOUS: [
    () =>
      withTables(async () => {
        await Cup.createMany([
          { name: 'twin', size: 1 },
          { name: 'twin', size: 2 },
        ]);
        await Cup.get({ name: 'twin' });
      }),
  ],
  CORTADO_QUEUE_URL: [() => new Queue({ engine: 'kafka://secret@host' })],
  CORTADO_QUEUE_UNREACHABLE: [
    async () => {
      await using queue = new Queue({ engine: 'redis://127.0.0.1:1' });
      await queue.open();
    },
  ],
  CORTADO_QUEUE_SCHEMA: [
    async () => {
      await using later = database({ url: 'sqlite::memory:' });
      await later.open();
      await sql`create table cortado_queue_schema (version integer not null)`.execute(later.kysely);
      await sql`insert into cortado_queue_schema (version) values (999)`.execute(later.kysely);
      await using queue = new Queue({ engine: later });
      await queue.open();
    },
  ],
  CORTADO_QUEUE_UNSUPPORTED: [
    async () => {
      const engine = new MemoryEngine();
      Object.assign(engine, { capabilities: { ...engine.capabilities, delay: false } });
      await using queue = new Queue({ engine });
      await queue.task('brew', () => 1).enqueue(undefined, { delay: 1000 });
    },
  ],
  CORTADO_QUEUE_PAYLOAD: [
    async () => {
      await using queue = new Queue({ payloadLimit: 1000 });
      await queue.task('large', { params: { text: z.string() } }, () => 1).enqueue({ text: 'x'.repeat(2000) });
    },
  ],
  CORTADO_TASK_NAME: [() => new Queue().task('a b', () => 1)],
  CORTADO_TASK_INPUT: [
    async () => {
      await using queue = new Queue();
      await queue.task('brew', { params: { cups: z.int() } }, () => 1).enqueue({ cups: 1.5 });
    },
  ],
  CORTADO_TASK_UNKNOWN: [
    async () => {
      await using queue = new Queue({ log: memoryLog().logger });
      const handle = await queue.remote('ghost').enqueue();
      await queue.work();
      const error = await until('it was tried', async () => (await handle.record()).error ?? false);
      throw error;
    },
  ],
  CORTADO_TASK_NOT_FOUND: [
    async () => {
      await using queue = new Queue();
      await queue.handle('nobody').record();
    },
  ],
  CORTADO_TASK_STATE: [
    () =>
      inTask(
        () => 1,
        async (queue, id) => {
          await queue.handle(id).result({ timeout: 60_000 });
          await queue.handle(id).retry();
        },
      ),
  ],
  CORTADO_TASK_FAILED: [
    () =>
      inTask(() => {
        throw new Error('no beans');
      }),
    () => inTask(() => ({ a: Promise.resolve(1) })),
    () => inTask(() => new TypeError('x')),
  ],
  CORTADO_TASK_CANCELLED: [
    () =>
      inTask(
        () => 1,
        async (queue, id) => {
          await queue.handle(id).cancel();
          await queue.handle(id).result({ timeout: 60_000 });
        },
        { delay: 60_000 },
      ),
  ],
  CORTADO_TASK_EXPIRED: [() => Promise.reject(expiredBecause(0))],
  CORTADO_TASK_CRASHED: [() => Promise.reject(crashedBecause(3, 'bar:1:1'))],
  CORTADO_TASK_LOST: [
    async () => {
      await using queue = new Queue({ log: memoryLog().logger });
      const { promise: ended, resolve } = Promise.withResolvers<unknown>();
      const task = queue.task('brew', (_, { signal }) => sleep(60_000, { signal }).catch(resolve));
      await queue.work({ lease: 300 });
      const engine = await queue.open();
      engine.heartbeat = async (_, claims) => claims.map((claim) => ({ ...claim, why: 'lost' }));
      await task.enqueue();
      throw await ended;
    },
  ],
  CORTADO_SCHEDULE_INVALID: [
    () => new Queue().schedule('nightly', { cron: '* * *' }, ghosts.remote('a')),
    () => new Queue().schedule('nightly', { every: 5 }, ghosts.remote('b')),
    () => new Queue().schedule('nightly', { cron: '* * * * *', timezone: 'Mars/Base' }, ghosts.remote('c')),
  ],
  CORTADO_CHANNEL_URL: [() => new Channels({ engine: 'kafka://secret@host' })],
  CORTADO_CHANNEL_UNREACHABLE: [
    () => {
      throw new CortadoError('CORTADO_CHANNEL_UNREACHABLE', 'The server of channels cannot be reached.');
    },
  ],
  CORTADO_CHANNEL_SCHEMA: [
    async () => {
      await using later = database({ url: 'sqlite::memory:' });
      await later.open();
      await sql`create table cortado_channel_schema (version integer not null)`.execute(later.kysely);
      await sql`insert into cortado_channel_schema (version) values (999)`.execute(later.kysely);
      await using channels = new Channels({ engine: later });
      await channels.open();
    },
  ],
  CORTADO_CHANNEL_NAME: [
    () => new Channels().channel('a room', { event: z.string() }),
    () => {
      const channels = new Channels();
      channels.channel('rooms', { event: z.string() });
      channels.channel('rooms', { event: z.string() });
    },
  ],
  CORTADO_CHANNEL_INPUT: [
    () => room.publish({ room: 1 as never }, 'hello'),
    () => room.publish({ room: 'a', more: 1 } as never, 'hello'),
    () => room.publish({ room: 'a' }, 7 as never),
    () => room.publish({ room: 'a' }, 'x'.repeat(2 ** 21)),
    () => room.subscribe({ room: 'a' }, { as: 'ada' as never }),
  ],
  CORTADO_CLI: [
    () => {
      throw listenFailure({ code: 'EADDRINUSE' }, '127.0.0.1', 8000);
    },
  ],
};

function withoutTemporal(declare: () => unknown): unknown {
  const { Temporal: kept } = globalThis;
  Reflect.deleteProperty(globalThis, 'Temporal');
  try {
    return declare();
  } finally {
    Object.defineProperty(globalThis, 'Temporal', { value: kept, configurable: true, writable: true });
  }
}

/** The sentence, without what is another in each run. */
function steady(message: string): string {
  return message
    .replaceAll(process.cwd(), '')
    .replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, '<id>')
    .replace(/\S*cortado-sentences-\w+/, '<folder>')
    .replace(/(Redis at \S+ cannot be reached: ).*/, '$1<why>')
    .replaceAll(/(\.ts):\d+(?::\d+)?/g, '$1:<line>');
}

async function sentence(code: ErrorCode, fail: () => unknown): Promise<string> {
  const outcome = await (async () => fail())().then(
    () => assert.fail(`${code} did not come`),
    (error: unknown) => error as { readonly code?: unknown; readonly message: string },
  );
  assert.equal(outcome.code, code, String(outcome.message));
  return steady(outcome.message);
}

for (const code of Object.keys(errorCodes) as ErrorCode[])
  test(`${code} says what happened and what to do`, async (t) => {
    const sentences: string[] = [];
    for (const fail of ways[code]) sentences.push(await sentence(code, fail));
    t.assert.snapshot(sentences.join('\n'), { serializers: [String] });
  });
