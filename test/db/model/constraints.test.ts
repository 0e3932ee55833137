import assert from 'node:assert/strict';
import { sql } from 'kysely';
import { z } from 'zod';
import { column, DatabaseError, model, primaryKey, references } from '../../../src/db/index.ts';
import { App } from '../../../src/index.ts';
import { testClient } from '../../../src/testing/index.ts';
import { makeDatabase, onEvery } from '../support/backends.ts';

class Author extends model('authors', {
  id: primaryKey(),
  email: column(z.email(), { unique: true }),
  name: column(z.string(), { index: true }),
}) {}

class Post extends model(
  'posts',
  {
    id: primaryKey(),
    authorId: references(() => Author),
    reviewerId: references(() => Author, z.int().nullable(), { onDelete: 'set null' }),
    title: z.string(),
    lang: z.enum(['en', 'zh']),
  },
  { unique: [['title', 'lang']], indexes: [['lang', 'authorId']] },
) {}

class Comment extends model('comments', {
  id: primaryKey(),
  postId: references(() => Post, { onDelete: 'cascade' }),
  text: z.string(),
}) {}

// In an order that PostgreSQL could not take as it is.
const models = { Comment, Post, Author };
const ada = { email: 'ada@example.org', name: 'Ada' };

onEvery('a unique violation is a typed error, and a 409 that names nothing of the schema', async (backend) => {
  const db = await makeDatabase(backend, models);
  const app = new App({ logger: false });
  app.use(db);
  app.post(
    '/authors',
    { params: { author: Author.createSchema }, response: Author.schema, status: 201 },
    ({ author }) => Author.create(author),
  );
  await using client = await testClient(app);
  assert.equal((await client.post('/authors', { json: ada })).status, 201);
  const again = await client.post('/authors', { json: ada });
  assert.equal(again.status, 409);
  assert.deepEqual(await again.json(), { detail: 'A row with the same value exists already.' });
  await assert.rejects(Author.create(ada), (error) => {
    assert.ok(error instanceof DatabaseError);
    assert.deepEqual([error.code, error.columns], ['CORTADO_DB_UNIQUE', ['email']]);
    return true;
  });
});

onEvery('a set of columns is unique together', async (backend) => {
  await using _ = await makeDatabase(backend, models);
  const { id: authorId } = await Author.create(ada);
  const post = { authorId, reviewerId: null, title: 'Async', lang: 'en' as const };
  await Post.create(post);
  await Post.create({ ...post, lang: 'zh' });
  await assert.rejects(Post.create(post), { code: 'CORTADO_DB_UNIQUE', columns: ['title', 'lang'] });
});

onEvery('foreign keys are held, and say what happens on delete', async (backend) => {
  await using _ = await makeDatabase(backend, models);
  const violation = { code: 'CORTADO_DB_FOREIGN_KEY', status: 409 };
  const author = await Author.create(ada);
  const reviewer = await Author.create({ email: 'bob@example.org', name: 'Bob' });
  await assert.rejects(Post.create({ authorId: 999, reviewerId: null, title: 'x', lang: 'en' }), violation);
  const post = await Post.create({ authorId: author.id, reviewerId: reviewer.id, title: 'x', lang: 'en' });
  await Comment.create({ postId: post.id, text: 'first' });
  await assert.rejects(author.delete(), violation);
  await reviewer.delete();
  assert.equal((await post.refresh()).reviewerId, null);
  await post.delete();
  assert.equal(await Comment.count(), 0);
});

onEvery('indexes are made, and creating the schema again leaves all as it is', async (backend) => {
  await using db = await makeDatabase(backend, models);
  await Author.create(ada);
  await db.createSchema();
  assert.equal(await Author.count(), 1);
  const query =
    backend.kind === 'sqlite'
      ? sql<{ name: string }>`select name from sqlite_master where type = 'index' and name not like 'sqlite_%'`
      : sql<{
          name: string;
        }>`select indexname as name from pg_indexes where schemaname = 'public' and indexname not like '%_pkey'`;
  const names = (await query.execute(db.kysely)).rows.map(({ name }) => name).sort();
  assert.deepEqual(names, [
    'authors_email_key',
    'authors_name_idx',
    'comments_postId_idx',
    'posts_authorId_idx',
    'posts_lang_authorId_idx',
    'posts_reviewerId_idx',
    'posts_title_lang_key',
  ]);
});

onEvery('getOrCreate gives the row that another made in the meantime', async (backend) => {
  await using _ = await makeDatabase(backend, models);
  const made = await Promise.all(
    Array.from({ length: 20 }, () => Author.getOrCreate({ email: ada.email }, { name: 'Ada' })),
  );
  assert.equal(made.filter(([, created]) => created).length, 1);
  assert.equal(new Set(made.map(([{ id }]) => id)).size, 1);
});

onEvery('a statement that fails can be survived with a savepoint', async (backend) => {
  await using db = await makeDatabase(backend, models);
  await db.transaction(async (session) => {
    await Author.create(ada);
    await assert.rejects(
      session.savepoint(() => Author.create(ada)),
      { code: 'CORTADO_DB_UNIQUE' },
    );
    await Author.create({ email: 'bob@example.org', name: 'Bob' });
  });
  assert.equal(await Author.count(), 2);
});
