// The app whose database is broken: writes and orders in sessions, a task for each order whose effect is a row, reads, and a worker.
import { z } from 'zod';
import { type DatabaseOptions, database, model, primaryKey } from '../../src/db/index.ts';
import { App, health } from '../../src/index.ts';
import { Queue } from '../../src/queue/index.ts';

// No name is unique, so that what happens twice can be counted.
class Note extends model('notes', { id: primaryKey(), name: z.string(), filler: z.string().default('') }) {}
class Order extends model('orders', { id: primaryKey(), name: z.string() }) {}
class Effect extends model('effects', { id: primaryKey(), name: z.string() }) {}

const given = JSON.parse(process.env['CHAOS_DATABASE']!) as DatabaseOptions<Record<never, never>>;
const db = database({ ...given, models: { Note, Order, Effect } });
const queue = new Queue({ engine: db });
const params = { sent: z.object({ name: z.string() }), session: db.session };
const filled = z.object({ name: z.string(), filler: z.string().optional() });

// Where the database is away a run fails like any other code, and it is the task that says how often it is tried again.
const brew = queue.task(
  'brew',
  {
    params: { name: z.string(), session: db.session },
    retries: 100,
    backoff: { base: 50, factor: 2, max: 1_000, jitter: true },
  },
  async ({ name, session }) => {
    await session.insertInto('effects').values({ name }).execute();
  },
);

const app = new App();
app.use(health());
app.use(db, { createSchema: process.env['CHAOS_PREPARED'] === undefined });
app.use(queue, { worker: { lease: 2_000 } });
app.post('/notes', { params: { ...params, sent: filled }, status: 201 }, async ({ sent, session }) => {
  await session.insertInto('notes').values(sent).execute();
});
app.post('/orders', { params, status: 201 }, async ({ sent, session }) => {
  await session.insertInto('orders').values(sent).execute();
  return { id: (await brew.enqueue(sent)).id };
});
app.get('/newest', { params: { session: db.read } }, async ({ session }) => {
  return (await session.selectFrom('notes').select('name').orderBy('id', 'desc').limit(1).executeTakeFirst()) ?? null;
});
app.stopOnSignals();
console.log(`listening on ${await app.listen({ port: Number(process.env['PORT'] ?? 0) })}`);
