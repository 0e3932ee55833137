import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { testClient } from '../../src/testing/index.ts';
import { temporaryFile } from './support/backends.ts';

process.env['DATABASE_URL'] = `sqlite:${await temporaryFile()}`;
const { default: app, like, Note } = await import('../../examples/docs/database.ts');

test('the code of docs/database.md does what the page says', async (context) => {
  context.mock.method(console, 'log', () => {});
  await using client = await testClient(app);
  const ada = { name: 'Ada Lovelace', email: 'ada@example.org' };
  const made = await client.post('/authors', { json: ada });
  assert.equal(made.status, 201);
  assert.deepEqual(await (await client.get('/authors/1')).json(), await made.json());
  assert.equal((await client.post('/authors', { json: ada })).status, 409);
  assert.deepEqual(await (await client.post('/sign-up', { json: ada })).json(), {
    detail: 'You have an account already',
  });
  assert.equal((await client.post('/sign-up', { json: { name: 'Bob', email: 'bob@example.org' } })).status, 201);
  assert.equal(
    (await (await client.patch('/authors/1', { json: { name: 'Ada L.' } })).json<{ name: string }>()).name,
    'Ada L.',
  );
  assert.equal((await (await client.get('/authors?name=ada')).json<unknown[]>()).length, 1);
  for (const title of ['one', 'two', 'three'])
    assert.equal((await client.post('/authors/1/posts', { query: { title } })).status, 201);
  assert.equal((await client.post('/authors/9/posts', { query: { title: 'x' } })).status, 404);
  assert.equal(await like(2), 1);
  const posts = (names: [number, string][]): object[] => names.map(([id, title]) => ({ id, title }));
  assert.deepEqual(await (await client.get('/with-posts')).json(), [
    {
      id: 1,
      name: 'Ada L.',
      posts: posts([
        [1, 'one'],
        [2, 'two'],
        [3, 'three'],
      ]),
    },
    { id: 2, name: 'Bob', posts: [] },
  ]);
  assert.deepEqual(
    (await (await client.get('/with-popular-posts')).json<{ posts: object[] }[]>())[0]!.posts,
    posts([[2, 'two']]),
  );
  assert.equal((await (await client.get('/posts')).json<{ total: number }>()).total, 3);
  const search = async (query: Record<string, string>): Promise<unknown> =>
    (await (await client.get('/search', { query })).json<{ items: { name: string }[] }>()).items.map(
      ({ name }) => name,
    );
  assert.deepEqual(await search({}), ['Ada L.', 'Bob']);
  assert.deepEqual(await search({ email: 'bob@example.org' }), ['Bob']);
  assert.deepEqual(await search({ bornAfter: '2200-01-01' }), []);
  assert.equal(await (await client.get('/authors/1/posts/count')).text(), '3');
  const first = await (await client.get('/feed')).json<{ items: { id: number }[]; next: string }>();
  const second = await (await client.get('/feed', { query: { cursor: first.next } })).json<typeof first>();
  assert.deepEqual(
    [...first.items, ...second.items].map(({ id }) => id),
    [2, 1, 3],
  );
  const likes = await Promise.all([1, 2, 3, 4].map(() => client.post('/posts/1/likes')));
  assert.deepEqual(likes.map(({ status }) => status).sort(), [200, 200, 200, 409]);
  const { id } = await Note.create({ text: 'a' });
  const put = (version: number): Promise<{ status: number }> =>
    client.put(`/notes/${id}`, { query: { version }, json: { text: `after ${version}` } });
  assert.deepEqual([(await put(1)).status, (await put(1)).status, (await put(2)).status], [200, 409, 200]);
  assert.equal((await client.delete('/authors/1')).status, 204);
  assert.equal((await (await client.get('/posts')).json<{ total: number }>()).total, 0);
});

test('docs/database.md shows code of the tested file', () => {
  const code = readFileSync(new URL('../../examples/docs/database.ts', import.meta.url), 'utf8').replace(/\s+/g, ' ');
  const page = readFileSync(new URL('../../docs/database.md', import.meta.url), 'utf8');
  const blocks = [...page.matchAll(/```ts\n\/\/ examples\/docs\/database\.ts\n(.*?)```/gs)].map(([, block]) => block!);
  assert.ok(blocks.length >= 5);
  for (const block of blocks)
    for (const part of block.split(/\n\n+/))
      assert.ok(code.includes(part.trim().replace(/\s+/g, ' ')), `not in the file: ${part}`);
});
