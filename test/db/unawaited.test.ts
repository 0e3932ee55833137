import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { model, primaryKey } from '../../src/db/index.ts';
import { App } from '../../src/index.ts';
import { testClient } from '../../src/testing/index.ts';
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
  await delay(50);
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
  await delay(50);
  assert.equal(await Order.filter({ customer: 'early' }).count(), early);
  assert.equal(await Order.count(), early + 24 + (await Order.filter({ customer: 'late' }).count()));
  for (let n = 0; n < 24; n++) assert.equal(await Order.filter({ customer: `good ${n}` }).count(), 1);
});
