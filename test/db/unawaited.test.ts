import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { column, model, primaryKey, type Session, type Tables } from '../../src/db/index.ts';
import { App } from '../../src/index.ts';
import { testClient } from '../../src/testing/index.ts';
import { coded } from '../support/coded.ts';
import { memoryLog } from '../support/memory-log.ts';
import { makeDatabase, onEvery } from './support/backends.ts';

class Order extends model('orders', { id: primaryKey(), customer: z.string() }) {}

const ticks = async (count: number): Promise<void> => {
  for (let tick = 0; tick < count; tick++) await null;
};

onEvery('a statement that was not awaited fails its request, and nothing of it is committed', async (backend) => {
  const db = await makeDatabase(backend, { Order });
  const { logger, lines } = memoryLog();
  const app = new App({ logger });
  app.use(db, { createSchema: true });
  const float = (work: Promise<unknown>): void => void work.catch(() => {});
  app.post('/model', () => float(Order.create({ customer: 'model' })));
  app.post('/second', async () => {
    await Order.create({ customer: 'first' });
    float(Order.create({ customer: 'second' }));
    await ticks(3);
  });
  app.post('/session', { params: { session: db.session } }, ({ session }) =>
    float(session.insertInto('orders').values({ customer: 'session' }).execute()),
  );
  await using client = await testClient(app);
  for (const path of ['/model', '/second', '/session']) assert.equal((await client.post(path)).status, 500, path);
  await pause(50);
  assert.equal(await Order.count(), 0);
  const messages = lines.flatMap(({ err }) => (err === undefined ? [] : [err.message]));
  assert.equal(messages.length, 3);
  assert.ok(messages.every((message) => /put "await" before/.test(message)));
});

onEvery('a statement that comes at any moment around the commit leaves no transaction open', async (backend) => {
  const db = await makeDatabase(backend, { Order });
  const app = new App({ logger: false });
  app.use(db, { createSchema: true });
  app.post('/late', { params: { session: db.session, k: z.int() } }, async ({ k }) => {
    await Order.create({ customer: 'early' });
    void (async () => {
      await ticks(k);
      await Order.create({ customer: 'late' });
    })().catch(() => {});
  });
  app.post('/good', { params: { n: z.int() } }, async ({ n }) => {
    await db.kysely
      .insertInto('orders')
      .values({ customer: `good ${n}` })
      .execute();
  });
  await using client = await testClient(app);
  let early = 0;
  for (let k = 0; k < 24; k++) {
    if ((await client.post(`/late?k=${k}`)).status === 200) early++;
    assert.equal((await client.post(`/good?n=${k}`)).status, 200);
  }
  await pause(50);
  assert.equal(await Order.filter({ customer: 'early' }).count(), early);
  assert.equal(await Order.count(), early + 24 + (await Order.filter({ customer: 'late' }).count()));
  for (let n = 0; n < 24; n++) assert.equal(await Order.filter({ customer: `good ${n}` }).count(), 1);
});

/** Node's test runner, like Cortado's command and many an app, hears of rejections that nobody awaits. */
function hearRejections(): { readonly heard: unknown[] } & Disposable {
  const before = process.listeners('unhandledRejection');
  const heard: unknown[] = [];
  const hear = (reason: unknown): void => void heard.push(reason);
  process.removeAllListeners('unhandledRejection').on('unhandledRejection', hear);
  return {
    heard,
    [Symbol.dispose]: () => {
      process.off('unhandledRejection', hear);
      for (const listener of before) process.on('unhandledRejection', listener);
    },
  };
}

class Member extends model('members', { id: primaryKey(), name: column(z.string().max(10), { unique: true }) }) {}

const lost: [string, () => Promise<void> | void][] = [
  [
    'a statement that fails',
    async () => {
      void Member.create({ name: 'taken' });
      await pause(20);
    },
  ],
  [
    'a statement of Kysely',
    async () => {
      void db().insertInto('members').values({ name: 'taken' }).execute();
      await pause(20);
    },
  ],
  ['a row that is refused', () => void Member.create({ name: 'longer than ten' })],
  ['rows that are refused', () => void Member.createMany([{ name: 'ok' }, { name: 'longer than ten' }])],
  ['a change that is refused', () => void Member.all().update({ name: 'longer than ten' })],
  [
    'a row that is gone',
    async () => {
      const member = await Member.create({ name: 'gone' });
      await member.delete();
      void member.save();
      await pause(20);
    },
  ],
];
let db: () => Session<Tables<{ Member: typeof Member }>>;

onEvery('a failure that nothing awaited fails its request with its name, and nothing is committed', async (backend) => {
  using rejections = hearRejections();
  await using database = await makeDatabase(backend, { Member });
  db = () => database.current()!;
  const { logger, lines } = memoryLog();
  const app = new App({ logger, docs: false });
  app.use(database);
  for (const [name, lose] of lost)
    for (const when of ['before', 'after', 'alone'])
      app.post(`/${name.replaceAll(' ', '-')}-${when}`, async () => {
        if (when === 'before') await Member.filter({ name: 'taken' }).update({ name: 'taken' });
        if (when !== 'alone') await Member.create({ name: 'other' });
        else await Member.count();
        await lose();
      });
  await using client = await testClient(app);
  await Member.create({ name: 'taken' });
  for (const { definition } of app.routes) {
    assert.equal((await client.post(definition.path)).status, 500, definition.path);
    assert.equal(await Member.count(), 1, definition.path);
  }
  await assert.rejects(
    database.transaction(async () => {
      await Member.create({ name: 'other' });
      void Member.create({ name: 'longer than ten' });
    }),
    coded('CORTADO_DB_TRANSACTION', 'await', 'A row of "members"'),
  );
  assert.equal(await Member.count(), 1);
  assert.equal(rejections.heard.length, app.routes.length + 1);
  const told = lines.flatMap(({ err }) => (err === undefined ? [] : [err.message]));
  assert.ok(
    told.every((message) => /put "await" before|had failed, so it was rolled back/.test(message)),
    told.join('\n'),
  );
});

onEvery('a failure that somebody has heard of fails nothing, however late', async (backend) => {
  using rejections = hearRejections();
  await using database = await makeDatabase(backend, { Member });
  const app = new App({ logger: false, docs: false });
  app.use(database);
  const refused = { name: 'longer than ten' };
  app.post('/caught', async () => {
    await Member.create(refused).catch(() => {});
    await Member.create({ name: 'caught' });
  });
  app.post('/only-caught', () => Member.create(refused).catch(() => 'caught'));
  app.post('/late', async () => {
    const refusal = Member.create(refused);
    await Member.create({ name: 'late' });
    await pause(20);
    await refusal.catch(() => {});
  });
  app.post('/savepoint', async () => {
    await database.transaction(() => Member.create({ name: 'late' })).catch(() => {});
    await Member.create({ name: 'savepoint' });
  });
  await using client = await testClient(app);
  for (const { definition } of app.routes)
    assert.equal((await client.post(definition.path)).status, 200, definition.path);
  assert.deepEqual(
    (await Member.all().orderBy('name')).map(({ name }) => name),
    ['caught', 'late', 'savepoint'],
  );
  assert.equal(rejections.heard.length, 1);
  assert.equal(process.listenerCount('rejectionHandled'), 0);
});
