// The code of docs/database.md.
import { App, HttpError, query } from 'cortado';
import {
  column,
  contains,
  createdAt,
  DatabaseError,
  database,
  gt,
  gte,
  model,
  oneOf,
  primaryKey,
  references,
  version,
} from 'cortado/db';
import { jsonArrayFrom } from 'kysely/helpers/sqlite';
import { z } from 'zod';

export class Author extends model('authors', {
  id: primaryKey(),
  name: z.string().max(100),
  email: column(z.email(), { unique: true }),
  born: z.date().optional(),
  topics: z.array(z.string()).default([]),
  joined: createdAt(),
}) {
  get firstName(): string {
    return this.name.split(' ')[0]!;
  }
}

export class Post extends model('posts', {
  id: primaryKey(),
  authorId: references(() => Author, { onDelete: 'cascade' }),
  title: z.string(),
  likes: z.int().default(0),
}) {}

export class Note extends model('notes', { id: primaryKey(), text: z.string(), version: version() }) {}

export const db = database({ url: process.env['DATABASE_URL'] ?? 'sqlite:blog.db', models: { Author, Post, Note } });

const app = new App({ title: 'Blog' });
app.use(db, { createSchema: true });

// Through a session: Kysely, typed from the models.
app.get(
  '/authors/{author_id}',
  { params: { author_id: z.int(), session: db.session }, response: Author.schema },
  async ({ author_id, session }) => {
    const author = await session.selectFrom('authors').selectAll().where('id', '=', author_id).executeTakeFirst();
    if (author === undefined) throw new HttpError(404, 'Author not found');
    return author;
  },
);

// Through the model, which uses the session of the request.
app.post('/authors', { params: { author: Author.createSchema }, response: Author.schema, status: 201 }, ({ author }) =>
  Author.create(author),
);
app.get('/authors', { params: { name: z.string().default('') }, response: z.array(Author.schema) }, ({ name }) =>
  Author.filter({ name: contains(name, { ignoreCase: true }) })
    .orderBy('name')
    .limit(20),
);
app.patch(
  '/authors/{id}',
  { params: { id: z.int(), changes: Author.updateSchema }, response: Author.schema },
  async ({ id, changes }) => Object.assign(await Author.get({ id }), changes).save(),
);
app.delete('/authors/{id}', { params: { id: z.int() }, status: 204 }, async ({ id }) =>
  (await Author.get({ id })).delete(),
);

// Read, check, write: nobody comes in between, on either database.
export function likeUpTo(most: number, id: number): Promise<Post> {
  return db.transaction(
    async () => {
      const post = await Post.get({ id });
      if (post.likes >= most) throw new HttpError(409, 'That is enough');
      return Object.assign(post, { likes: post.likes + 1 }).save();
    },
    { isolation: 'serializable', retries: 5 },
  );
}
app.post('/posts/{id}/likes', { params: { id: z.int() }, response: Post.schema }, ({ id }) => likeUpTo(3, id));

// A client says which version it has changed; a 409 when that is not the last one any more.
app.put(
  '/notes/{id}',
  { params: { id: z.int(), version: z.int(), change: Note.updateSchema }, response: Note.schema },
  async ({ id, version, change }) => Object.assign(await Note.get({ id }), change, { version }).save(),
);

// Two statements, one transaction: either both or none, and the client hears of success only after the commit.
app.post(
  '/authors/{id}/posts',
  { params: { id: z.int(), title: z.string() }, response: Post.schema, status: 201 },
  async ({ id, title }) => {
    const author = await Author.get({ id });
    await Author.filter({ id }).update({ topics: [...author.topics, title] });
    return Post.create({ authorId: id, title });
  },
);

// An error of the database as an answer of your own.
app.post('/sign-up', { params: { author: Author.createSchema }, status: 201 }, async ({ author }) => {
  try {
    return { id: (await Author.create(author)).id };
  } catch (error) {
    if (error instanceof DatabaseError && error.code === 'CORTADO_DB_UNIQUE')
      throw new HttpError(409, 'You have an account already');
    throw error;
  }
});

// Related rows: one statement with JSON, or one more statement for all of them.
const AuthorWithPosts = z.object({
  id: z.int(),
  name: z.string(),
  posts: z.array(z.object({ id: z.int(), title: z.string() })),
});
app.get('/with-posts', { params: { read: db.read }, response: z.array(AuthorWithPosts) }, ({ read }) =>
  read
    .selectFrom('authors')
    .select((author) => [
      'authors.id',
      'authors.name',
      jsonArrayFrom(
        author
          .selectFrom('posts')
          .select(['posts.id', 'posts.title'])
          .whereRef('posts.authorId', '=', 'authors.id')
          .orderBy('posts.id'),
      ).as('posts'),
    ])
    .orderBy('authors.id')
    .execute(),
);
app.get('/with-popular-posts', { response: z.array(AuthorWithPosts) }, async () => {
  const authors = await Author.all().orderBy('id');
  const posts = await Post.filter({ authorId: oneOf(authors.map(({ id }) => id)), likes: gte(1) }).orderBy('id');
  const byAuthor = Map.groupBy(posts, ({ authorId }) => authorId);
  return authors.map(({ id, name }) => ({ id, name, posts: byAuthor.get(id) ?? [] }));
});

// Pages with their response schemas.
app.get('/posts', { params: { offset: z.int().min(0).default(0) }, response: Post.pageSchema }, ({ offset }) =>
  Post.all().orderBy('id').page({ offset, limit: 2 }),
);
app.get('/feed', { params: { cursor: z.string().optional() }, response: Post.cursorPageSchema }, ({ cursor }) =>
  Post.all().orderBy('-likes').pageAfter({ cursor, limit: 2 }),
);

// A filter that a client may leave out stands in an `if`: a query is made step by step, and asks when it is awaited.
const Search = z.object({ email: z.email().optional(), bornAfter: z.date().optional() });
app.get('/search', { params: { search: query(Search) }, response: Author.pageSchema }, ({ search }) => {
  let authors = Author.all();
  if (search.email !== undefined) authors = authors.filter({ email: search.email });
  if (search.bornAfter !== undefined) authors = authors.filter({ born: gt(search.bornAfter) });
  return authors.orderBy('name').page({ limit: 20 });
});

// Whatever runs statements fits `typeof db.kysely`: `db.session`, `db.read`, and what `db.transaction` gives.
export async function countPosts(session: typeof db.kysely, authorId: number): Promise<number> {
  const { count } = await session
    .selectFrom('posts')
    .select((post) => post.fn.countAll<number>().as('count'))
    .where('authorId', '=', authorId)
    .executeTakeFirstOrThrow();
  return count;
}
app.get('/authors/{id}/posts/count', { params: { id: z.int(), read: db.read } }, ({ id, read }) =>
  countPosts(read, id),
);

/** Outside of requests: a transaction, run again when it got in the way of another. */
export async function like(postId: number): Promise<number> {
  return db.transaction(
    async (session) => {
      await session
        .updateTable('posts')
        .set((post) => ({ likes: post('likes', '+', 1) }))
        .where('id', '=', postId)
        .execute();
      session.afterCommit(() => console.log(`post ${postId} was liked`));
      return (await Post.get({ id: postId })).likes;
    },
    { retries: 3 },
  );
}

export default app;
