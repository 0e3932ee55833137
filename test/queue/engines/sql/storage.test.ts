import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { sql } from 'kysely';
import { z } from 'zod';
import { database, type Session } from '../../../../src/db/index.ts';
import { App, sleep } from '../../../../src/index.ts';
import { chain, group, MemoryEngine, Queue, type QueueOptions } from '../../../../src/queue/index.ts';
import { testClient } from '../../../../src/testing/index.ts';
import { coded } from '../../../support/coded.ts';
import { memoryLog } from '../../../support/memory-log.ts';
import { type PostgresServer, startPostgres } from '../../../support/postgres.ts';
import { silent } from '../../../support/silent-logger.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';
import { until } from '../../../support/until.ts';
import { FakeClock } from '../../support/fake-clock.ts';

let server: PostgresServer;
const folder = temporaryFolder('storage');
let files = 0;
const sqliteUrl = async (): Promise<string> => `sqlite:${join(folder, `${++files}.db`)}`;

before(async () => {
  server = await startPostgres();
});
after(async () => {
  await server.stop();
  rmSync(folder, { recursive: true });
});

const databases: readonly [string, () => Promise<string>][] = [
  ['SQLite', sqliteUrl],
  ['PostgreSQL', () => server.newDatabase()],
  ['SQLite in memory', async () => 'sqlite::memory:'],
];
for (const [name, url] of databases)
  describe(`a queue in the app's own database, ${name}`, () => {
    async function makeShop() {
      const db = database({ url: await url() });
      await sql`create table orders (id text not null)`.execute(db.kysely);
      const queue = new Queue({ engine: db, log: silent });
      const ship = queue.task(
        'ship',
        { params: { order: z.string(), session: db.session } },
        async ({ order, session }) => {
          const { rows } = await sql<{ id: string }>`select id from orders where id = ${order}`.execute(session);
          return rows.length;
        },
      );
      const app = new App({ logger: false });
      app.use(db);
      app.use(queue, { prefix: '/tasks' });
      const insert = (session: Session<never>, id: string) =>
        sql`insert into orders (id) values (${id})`.execute(session);
      app.post(
        '/orders/{id}',
        { params: { id: z.string(), fails: z.boolean().default(false), session: db.session } },
        async ({ id, fails, session }) => {
          await insert(session as never, id);
          const handle = await ship.enqueue({ order: id });
          // Its own tasks are visible inside of the transaction, and to nobody else.
          const status = await handle.status();
          if (fails) throw new Error('the till is broken');
          return { task_id: handle.id, status };
        },
      );
      const count = async (): Promise<number> => (await queue.list()).tasks.length;
      return { db, queue, app, ship, count };
    }

    test('stores a task with the rows that it is about: both, or neither', async () => {
      const { app, queue, count } = await makeShop();
      await using client = await testClient(app);
      assert.equal((await client.post('/orders/1?fails=true')).status, 500);
      assert.equal(await count(), 0);
      const response = await client.post('/orders/2');
      assert.equal(response.status, 200, await response.text());
      const { task_id, status } = await response.json<{ task_id: string; status: string }>();
      assert.equal(status, 'queued');
      assert.equal(await queue.handle(task_id).result({ timeout: 60_000 }), 1);
      assert.equal(await count(), 1);
    });

    test('starts the task only when the transaction has committed, and then at once', async () => {
      const { db, ship, queue, app } = await makeShop();
      await using _ = await testClient(app);
      const handle = await db.transaction(async (session) => {
        const enqueued = await ship.enqueue({ order: '3' });
        await sleep(300);
        await sql`insert into orders (id) values ('3')`.execute(session);
        return enqueued;
      });
      const committedAt = Date.now();
      assert.equal(await handle.result({ timeout: 60_000 }), 1);
      const { finishedAt } = await queue.handle(handle.id).record();
      assert.ok(
        finishedAt! >= committedAt - 50 && finishedAt! < committedAt + 1000,
        `${finishedAt! - committedAt} ms after the commit`,
      );
    });

    test('runs tasks that failed again when they are due, and not a second later', async () => {
      const { queue, app } = await makeShop();
      const runs: Record<string, number[]> = {};
      const declare = (name: string, wait: number) =>
        queue.task(name, { retries: 3, backoff: () => wait }, (_, { attempt }) => {
          (runs[name] ??= []).push(Date.now());
          if (attempt < 4) throw new Error('again');
        });
      const tasks = [declare('short', 60), declare('long', 90)];
      await using _ = await testClient(app);
      for (const handle of await Promise.all(tasks.map((task) => task.enqueue())))
        await handle.result({ timeout: 60_000 });
      for (const [name, wait] of [['short', 60] as const, ['long', 90] as const]) {
        const took = runs[name]!.at(-1)! - runs[name]![0]!;
        // A worker that only asked once a second would take three.
        assert.ok(took >= 3 * wait - 5 && took < 2500, `${name}: three waits of ${wait} ms took ${took} ms`);
      }
    });

    test('enqueues in a task that has a session: its children vanish with a run that fails', async () => {
      const { db, queue, ship, app, count } = await makeShop();
      const parent = queue.task(
        'parent',
        { params: { session: db.session }, retries: 1, backoff: { base: 1 } },
        async ({ session }, { attempt }) => {
          await sql`insert into orders (id) values ('4')`.execute(session);
          await ship.enqueue({ order: '4' });
          if (attempt === 1) throw new Error('again');
        },
      );
      await using _ = await testClient(app);
      await (await parent.enqueue()).result({ timeout: 60_000 });
      assert.equal(await count(), 2);
    });

    test('stores a whole flow with the transaction, and log lines whatever is in them', async () => {
      const { db, queue, app, count } = await makeShop();
      const one = queue.task('one', { params: { n: z.int() } }, ({ n }, { log }) => {
        log.info({}, `odd: \0 and \uD800 ${n}`);
        return n;
      });
      const sum = queue.task('sum', { params: { parts: z.array(z.int()) } }, ({ parts }) => parts[0]! + parts[1]!);
      const flow = () =>
        chain(group([one.with({ n: 1 }), one.with({ n: 2 })]), sum.with({}, { into: 'parts' })).enqueue();
      await using _ = await testClient(app);
      const failing = db.transaction(async () => {
        await flow();
        throw new Error('no');
      });
      await assert.rejects(failing);
      assert.equal(await count(), 0);
      const handle = await db.transaction(flow);
      assert.equal(await handle.result({ timeout: 60_000 }), 3);
      const { after } = await handle.record();
      assert.match((await queue.handle(after[0]!).logs())[0]!.message, /^odd: \uFFFD and \uFFFD 1$/);
    });

    test('a queue in the app’s database works again after the app was stopped and started', async () => {
      const { app, db } = await makeShop();
      for (let round = 0; round < 2; round++) {
        await using client = await testClient(app);
        // A database in memory is empty again.
        await sql`create table if not exists orders (id text not null)`.execute(db.kysely);
        const { task_id } = await (await client.post('/orders/5')).json<{ task_id: string }>();
        await until('its task is succeeded', async () =>
          assert.equal((await (await client.get(`/tasks/${task_id}`)).json<{ status: string }>()).status, 'succeeded'),
        );
      }
    });
  });

// They wait for most of their time, so they wait together.
describe('faults of the storage and of clocks', { concurrency: true }, () => {
  const faults: readonly [string, string, string, RegExp][] = [
    ['a full disk', 'pragma max_page_count = 1', 'pragma max_page_count = 1000000', /full/],
    ['a read-only file', 'pragma query_only = 1', 'pragma query_only = 0', /readonly|read-only/],
  ];
  for (const [what, breakIt, mendIt, message] of faults)
    test(`a queue on ${what} fails to enqueue while other routes answer, and stores what ran in the meantime once that is mended`, async () => {
      const log = memoryLog();
      const db = database({ url: await sqliteUrl() });
      const queue = new Queue({ engine: db });
      const task = queue.task('slow', { params: { text: z.string() } }, async () => {
        await sleep(150);
        return 'done';
      });
      const app = new App({ logger: log.logger });
      app.use(db);
      app.use(queue, { prefix: '/tasks' });
      app.get('/ping', () => 'pong');
      app.post('/start', async () => (await task.enqueue({ text: 'x'.repeat(20_000) })).id);
      await using client = await testClient(app);
      const running = await task.enqueue({ text: '' });
      await until('its task is running', async () => assert.equal(await running.status(), 'running'));
      await sql.raw(breakIt).execute(db.kysely);
      const refused = await client.post('/start');
      assert.ok(refused.status >= 500, String(refused.status));
      assert.equal((await client.get('/ping')).status, 200);
      await sleep(400);
      await sql.raw(mendIt).execute(db.kysely);
      assert.equal(await running.result({ timeout: 60_000 }), 'done');
      assert.match(JSON.stringify(log.errors()), message);
      assert.equal((await client.post('/start')).status, 200);
    });

  test('takes no worker for lost when clocks jump an hour, in either direction', async () => {
    const url = await sqliteUrl();
    const clock = new FakeClock();
    const [first, second] = [new FakeClock(), clock].map(
      (each) => new Queue({ engine: url, clock: each, log: silent }),
    );
    let runs = 0;
    const declare = (queue: Queue) =>
      queue.task('long', async (_, { signal }) => {
        runs++;
        await sleep(3500, { signal });
        return runs;
      });
    const task = declare(first!);
    declare(second!);
    await first!.work({ lease: 1500 });
    const handle = await task.enqueue();
    await until('its task is running', async () => assert.equal(await handle.status(), 'running'));
    await second!.work({ lease: 1500 });
    await sleep(500);
    clock.move(3_600_000);
    await sleep(1000);
    clock.move(-7_200_000);
    assert.equal(await handle.result({ timeout: 60_000 }), 1);
    assert.equal((await handle.record()).crashes, 0);
    await first!.close();
    await second!.close();
  });

  test('promotes what became due when the clock jumps ahead, and waits when it jumps back', async () => {
    const clock = new FakeClock();
    await using queue = new Queue({ engine: await sqliteUrl(), clock, log: silent });
    const task = queue.task('later', () => 1);
    await queue.work();
    const handle = await task.enqueue(undefined, { delay: 3_600_000 });
    clock.move(-3_600_000);
    await sleep(1200);
    assert.equal(await handle.status(), 'scheduled');
    clock.move(7_200_001);
    assert.equal(await handle.result({ timeout: 60_000 }), 1);
  });
});

describe('two queues of one app', () => {
  const shared = (make: () => QueueOptions) => [make(), make()] as const;
  const file = join(folder, 'shared.db');
  const db = database({ url: `sqlite:${file}` });
  const memory = database({ url: 'sqlite::memory:' });
  const engine = new MemoryEngine();
  const same: readonly [string, readonly [QueueOptions, QueueOptions]][] = [
    ['the same database', shared(() => ({ engine: db }))],
    ['the same database in memory', shared(() => ({ engine: memory }))],
    ['two databases in one file', shared(() => ({ engine: database({ url: `sqlite:${file}` }) }))],
    ['a database and its URL', [{ engine: db }, { engine: `sqlite:///${file}` }]],
    ['the same URL', shared(() => ({ engine: 'redis://localhost' }))],
    ['the same engine', shared(() => ({ engine }))],
  ];
  for (const [what, [first, second]] of same)
    test(`are refused with ${what}, where each would get tasks of the other`, () => {
      const app = new App({ logger: false });
      app.use(new Queue(first));
      assert.throws(() => app.use(new Queue(second)), coded('CORTADO_OPTION_INVALID', 'engine'));
      new App({ logger: false }).use(new Queue(second));
    });

  test('are refused with one outbox, which would hand on tasks of the other', () => {
    const app = new App({ logger: false });
    app.use(new Queue({ engine: 'redis://localhost/1', outbox: db }));
    assert.throws(
      () => app.use(new Queue({ engine: 'redis://localhost/2', outbox: db })),
      coded('CORTADO_OPTION_INVALID', 'outbox'),
    );
  });

  const apart: readonly [string, readonly [QueueOptions, QueueOptions]][] = [
    ['in memory', [{}, { engine: 'memory:' }]],
    ['in databases in memory', shared(() => ({ engine: 'sqlite::memory:' }))],
    ['in two databases', [{ engine: memory }, { engine: db }]],
    [
      'in a database, and at a broker with an outbox there',
      [{ engine: db }, { engine: new MemoryEngine(), outbox: db }],
    ],
  ];
  for (const [what, [first, second]] of apart)
    test(`run their own tasks ${what}`, async () => {
      const app = new App({ logger: false });
      app.use(db);
      app.use(memory);
      const queues = [new Queue(first), new Queue(second)];
      const tasks = queues.map((queue, at) => queue.task(`task-${at}`, () => at));
      for (const queue of queues) app.use(queue);
      await using _ = await testClient(app);
      for (const [at, task] of tasks.entries())
        assert.equal(await (await task.enqueue()).result({ timeout: 60_000 }), at);
    });
});
