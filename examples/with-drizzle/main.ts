// The users of the guide with Drizzle: its tables and queries, Cortado's session.
import { App, dependency, HttpError } from 'cortado';
import { database } from 'cortado/db';
import { desc, eq, gte } from 'drizzle-orm';
import { integer, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import { sql } from 'kysely';
import { z } from 'zod';
import { drizzleSession } from './drizzle-session.ts';

const users = sqliteTable('users', {
  id: integer().primaryKey({ autoIncrement: true }),
  name: text().notNull(),
  age: integer().notNull(),
});
const posts = sqliteTable('posts', {
  id: integer().primaryKey({ autoIncrement: true }),
  authorId: integer()
    .notNull()
    .references(() => users.id),
  title: text().notNull(),
});

const UserModel = z.object({ id: z.int(), name: z.string(), age: z.int() });
const NewUser = UserModel.omit({ id: true });

const db = database({ url: process.env['DATABASE_URL'] ?? 'sqlite:drizzle.db' });
const session = drizzleSession(db.session, { users, posts });

// In a project these are the files of drizzle-kit, run when a version is deployed.
const tables = dependency(
  async () => {
    await sql`create table if not exists users (id integer primary key autoincrement, name text not null, age integer not null)`.execute(
      db.kysely,
    );
    await sql`create table if not exists posts (id integer primary key autoincrement, "authorId" integer not null references users (id), title text not null)`.execute(
      db.kysely,
    );
  },
  { scope: 'app' },
);

const app = new App({ title: 'Users, with Drizzle' });
app.use(db);

app.get(
  '/users/{user_id}',
  { params: { user_id: z.int(), session, tables }, response: UserModel },
  async ({ user_id, session }) => {
    const [user] = await session.select().from(users).where(eq(users.id, user_id));
    if (user === undefined) throw new HttpError(404, 'User not found');
    return user;
  },
);
app.get(
  '/users',
  { params: { min_age: z.int().default(0), session }, response: z.array(UserModel) },
  ({ min_age, session }) => session.select().from(users).where(gte(users.age, min_age)).orderBy(desc(users.id)),
);
app.post(
  '/users',
  { params: { user: NewUser, session }, response: UserModel, status: 201 },
  async ({ user, session }) => {
    const [made] = await session.insert(users).values(user).returning();
    if (user.age < 0) throw new HttpError(400, 'Nobody is that young');
    return made!;
  },
);
app.post(
  '/users/{user_id}/posts',
  { params: { user_id: z.int(), title: z.string(), session }, status: 201 },
  async ({ user_id, title, session }) => {
    await session.insert(posts).values({ authorId: user_id, title });
    return session.select().from(posts).innerJoin(users, eq(posts.authorId, users.id)).where(eq(users.id, user_id));
  },
);

export default app;
if (import.meta.main) console.log(`Open ${await app.listen()}/docs`);
