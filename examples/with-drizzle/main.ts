// The users of the guide with Drizzle: its tables and queries, Cortado's session.
import { App, dependency, HttpError } from 'cortado';
import { database } from 'cortado/db';
import { desc, eq, gte } from 'drizzle-orm';
import { sql } from 'kysely';
import { z } from 'zod';
import { postgresSession, sqliteSession } from './drizzle-session.ts';
import { postgresTables, sqliteTables, statements } from './tables.ts';

const UserModel = z.object({ id: z.int(), name: z.string(), age: z.int() });
const NewUser = UserModel.omit({ id: true });

const db = database({ url: process.env['DATABASE_URL'] ?? 'sqlite:drizzle.db' });
// The queries below read the same for both kinds of table, which TypeScript cannot know.
const tables = db.kind === 'postgres' ? postgresTables : (sqliteTables as unknown as typeof postgresTables);
const { users, posts } = tables;
const session =
  db.kind === 'postgres'
    ? postgresSession(db.session, tables)
    : (sqliteSession(db.session, sqliteTables) as unknown as ReturnType<typeof postgresSession>);
const tablesMade = dependency(
  async () => {
    for (const statement of statements(db.kind)) await sql.raw(statement).execute(db.kysely);
  },
  { scope: 'app' },
);

const app = new App({ title: 'Users, with Drizzle' });
app.use(db);

app.get(
  '/users/{user_id}',
  { params: { user_id: z.int(), session, tablesMade }, response: UserModel },
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
