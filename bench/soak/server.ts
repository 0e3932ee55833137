// The app that is soaked: each route holds another kind of thing. Run with --expose-gc.
import { z } from 'zod';
import { database, model, primaryKey } from '../../src/db/index.ts';
import { App, gather, HttpError, jsonLines, sleep, timeout } from '../../src/index.ts';
import { metrics } from '../../src/metrics/index.ts';
import { Queue } from '../../src/queue/index.ts';
import { threads } from '../../src/threads/index.ts';
import { corpusApp } from '../../test/corpus/app.ts';
import { findItem } from '../http/application.ts';
import { FoundItem, ItemId } from '../http/schemas.ts';

class User extends model('users', { id: primaryKey(), name: z.string().max(100), age: z.int() }) {}

// Rows and finished tasks that stay: what is stored must not pass for a leak, nor fill the disk.
const rowsKept = 2000;
const keep = { succeeded: 5000, failed: 5000, cancelled: 5000, expired: 5000 };

const db = database({ url: `sqlite:${process.env['SOAK_DATABASE']}`, models: { User } });
const queue = new Queue({ engine: db, keep });
const note = queue.task('note', { params: { text: z.string() } }, async ({ text }) => text.length);
const cpu = threads<typeof import('../loop/cpu.ts')>(new URL('../loop/cpu.ts', import.meta.url), { queue: 1000 });

const app = new App({ logger: false, limits: { inFlight: 5000 } });
app.use(db, { createSchema: true });
app.use(queue, { prefix: '/tasks' });
app.use(cpu);
app.use(metrics());

app.get('/ping', () => 'pong');
app.get(
  '/items/{item_id}',
  {
    params: { item_id: ItemId, q: z.string().max(50).optional(), limit: z.int().min(1).max(100).default(10) },
    response: FoundItem,
  },
  ({ item_id, q, limit }) => findItem(item_id, q, limit),
);
app.post(
  '/users',
  { params: { user: z.object({ name: z.string().max(100), age: z.int() }), session: db.session }, status: 201 },
  async ({ user, session }) => {
    const { id } = await session.insertInto('users').values(user).returning('id').executeTakeFirstOrThrow();
    await session
      .deleteFrom('users')
      .where('id', '=', id - rowsKept)
      .execute();
    return { id };
  },
);
app.get('/users/{id}', { params: { id: z.int(), session: db.session } }, async ({ id, session }) => {
  const user = await session.selectFrom('users').selectAll().where('id', '=', id).executeTakeFirst();
  if (user === undefined) throw new HttpError(404, 'No such user');
  return user;
});
app.post('/notes', { params: { text: z.string() }, status: 202 }, async ({ text }) => ({
  id: (await note.enqueue({ text })).id,
}));
app.get('/fib', { params: { n: z.int().max(30) } }, ({ n }) => cpu.fib(n));
app.get('/lines', { response: jsonLines(z.object({ n: z.int() })) }, async function* () {
  for (let n = 0; n < 20; n++) {
    if (n % 5 === 4) await sleep(2);
    yield { n };
  }
});
// What clients leave: all that a request can hold, for as long as it is let.
app.get('/wait', { params: { session: db.session } }, async ({ session }) => {
  await session.selectFrom('users').selectAll().limit(1).execute();
  await gather([() => sleep(30_000), () => timeout(30_000, (signal) => sleep(30_000, { signal }))]);
});

// What gets the bad inputs, in the same process: a plugin's hook looks at all that passes.
const attacked = corpusApp({
  database: `sqlite:${process.env['SOAK_DATABASE']}-corpus`,
  variant: 'hooks',
  http2: false,
}).app;
const corpus = await attacked.listen({ port: 0 });

app.get('/state', { limits: false }, async () => {
  for (let round = 0; round < 2; round++) {
    globalThis.gc?.();
    await sleep(10);
  }
  const { heapUsed, rss, external, arrayBuffers } = process.memoryUsage();
  return {
    heapUsed,
    rss,
    external,
    arrayBuffers,
    handles: process.getActiveResourcesInfo().length,
    // This one is open as well.
    openRequests: app.openRequests - 1 + attacked.openRequests,
    corpus,
  };
});

await app.listen({ port: Number(process.env['PORT']) });
