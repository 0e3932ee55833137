import assert from 'node:assert/strict';
import { z } from 'zod';
import { gte, model, primaryKey } from '../../../src/db/index.ts';
import { App } from '../../../src/index.ts';
import { testClient } from '../../../src/testing/index.ts';
import { makeDatabase, onEvery } from '../support/backends.ts';

class Post extends model('posts', {
  id: primaryKey(),
  title: z.string(),
  score: z.int(),
  at: z.date(),
  big: z.bigint(),
  note: z.string().nullable(),
}) {}

const rows = Array.from({ length: 23 }, (_, n) => ({
  title: `t${n % 5}`,
  score: n % 4,
  at: new Date(1_000_000 + (n % 3)),
  big: BigInt(n % 2) + 2n ** 60n,
  note: null,
}));

onEvery('pages by offset come with the total, and a response schema', async (backend) => {
  const db = await makeDatabase(backend, { Post });
  await Post.createMany(rows);
  const app = new App({ logger: false });
  app.use(db);
  app.get(
    '/posts',
    { params: { offset: z.int().min(0).default(0), limit: z.int().max(100).default(10) }, response: Post.pageSchema },
    (at) =>
      Post.filter({ score: gte(1) })
        .orderBy('-id')
        .page(at),
  );
  await using client = await testClient(app);
  const page = await (await client.get('/posts?offset=15&limit=5')).json<{ items: { id: number }[]; total: number }>();
  assert.deepEqual({ ...page, items: page.items.length }, { items: 2, total: 17, limit: 5, offset: 15 });
  assert.equal((await client.get('/posts?limit=101')).status, 422);
});

const orders: Parameters<ReturnType<typeof Post.all>['orderBy']>[] = [
  [],
  ['-id'],
  ['title'],
  ['-score', 'title'],
  ['at', '-big', 'score'],
];
for (const order of orders) {
  onEvery(`pages by cursor give every row once, in order ${order.join(', ') || 'of the key'}`, async (backend) => {
    await using _ = await makeDatabase(backend, { Post });
    await Post.createMany(rows);
    const query = Post.all().orderBy(...order);
    const all = (await (order.includes('-id') ? query : Post.all().orderBy(...order, 'id'))).map(({ id }) => id);
    const seen: number[] = [];
    let cursor: string | null = null;
    do {
      const page = await query.pageAfter({ cursor, limit: 5 });
      seen.push(...page.items.map(({ id }) => id));
      cursor = page.next;
    } while (cursor !== null && seen.length < 100);
    assert.deepEqual(seen, all);
  });
}

onEvery('a cursor that was not given out for the order is a 422', async (backend) => {
  const db = await makeDatabase(backend, { Post });
  await Post.createMany(rows);
  const app = new App({ logger: false });
  app.use(db);
  app.get('/feed', { params: { cursor: z.string().optional() }, response: Post.cursorPageSchema }, (at) =>
    Post.all()
      .orderBy('-at')
      .pageAfter({ ...at, limit: 2 }),
  );
  await using client = await testClient(app);
  const { next } = await (await client.get('/feed')).json<{ next: string }>();
  assert.equal((await client.get('/feed', { query: { cursor: next } })).status, 200);
  const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const bad = [
    'x',
    encode({}),
    encode(['-at,id', 'soon', 1]),
    encode(['-at,id', { not: null }, 1]),
    encode(['id', 1]),
    encode(['-at,id', next, '1']),
  ];
  for (const cursor of bad) {
    const response = await client.get('/feed', { query: { cursor } });
    const { detail } = await response.json<{ detail: unknown }>();
    const error = 'the cursor is not one that was given out here';
    const issue = { type: 'value_error', loc: ['query', 'cursor'], msg: `Value error, ${error}`, input: cursor };
    assert.deepEqual([response.status, detail], [422, [{ ...issue, ctx: { error } }]], cursor);
  }
  await assert.rejects(async () => Post.all().pageAfter({ cursor: 'x' }), { code: 'CORTADO_DB_CURSOR' });
  await assert.rejects(async () => Post.all().orderBy('note').pageAfter(), { code: 'CORTADO_DB_FILTER' });
});
