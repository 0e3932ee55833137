import Sqlite from 'better-sqlite3';
import { asc, eq } from 'drizzle-orm';
import { drizzle as drizzleSqlite } from 'drizzle-orm/better-sqlite3';
import { drizzle as drizzlePostgres } from 'drizzle-orm/node-postgres';
import { integer as pgInteger, pgTable, serial, varchar } from 'drizzle-orm/pg-core';
import { integer, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import Fastify from 'fastify';
import pg from 'pg';
import { listed, seeds, type User } from '../application.ts';
import { getSchema, listSchema, postSchema } from './fastify-schemas.ts';

const url = process.env['DATABASE_URL']!;

// Drizzle has a kind of table per database, so what a server does with one is written once for each.
interface Store {
  find(id: number): Promise<User | undefined>;
  list(): Promise<User[]>;
  add(user: Omit<User, 'id'>): Promise<User>;
}

async function postgresStore(): Promise<Store> {
  const users = pgTable('users', {
    id: serial().primaryKey(),
    name: varchar({ length: 100 }).notNull(),
    age: pgInteger().notNull(),
  });
  const pool = new pg.Pool({ connectionString: url, max: 10 });
  await pool.query('create table users (id serial primary key, name varchar(100) not null, age integer not null)');
  const db = drizzlePostgres(pool);
  await db.insert(users).values(seeds());
  return {
    find: async (id) => (await db.select().from(users).where(eq(users.id, id)))[0],
    list: () => db.select().from(users).orderBy(asc(users.id)).limit(listed),
    add: (user) =>
      db.transaction(async (transaction) => (await transaction.insert(users).values(user).returning())[0]!),
  };
}

// On SQLite its transactions are synchronous, so the handler is.
async function sqliteStore(): Promise<Store> {
  const users = sqliteTable('users', {
    id: integer().primaryKey({ autoIncrement: true }),
    name: text().notNull(),
    age: integer().notNull(),
  });
  const sqlite = new Sqlite(url.slice('sqlite:'.length));
  sqlite.pragma('journal_mode = wal');
  sqlite.pragma('synchronous = normal');
  sqlite.exec('create table users (id integer primary key autoincrement, name text not null, age integer not null)');
  const db = drizzleSqlite(sqlite);
  db.insert(users).values(seeds()).run();
  return {
    find: async (id) => db.select().from(users).where(eq(users.id, id)).get(),
    list: async () => db.select().from(users).orderBy(asc(users.id)).limit(listed).all(),
    add: async (user) => db.transaction((transaction) => transaction.insert(users).values(user).returning().get()),
  };
}

const store = await (url.startsWith('postgres') ? postgresStore() : sqliteStore());
const app = Fastify();
app.get<{ Params: { id: number } }>('/users/:id', { schema: getSchema }, async (request, reply) => {
  const user = await store.find(request.params.id);
  return user ?? reply.code(404).send({ detail: 'User not found' });
});
app.get('/users', { schema: listSchema }, () => store.list());
app.post<{ Body: Omit<User, 'id'> }>('/users', { schema: postSchema }, async ({ body: { name, age } }, reply) =>
  reply.code(201).send(await store.add({ name, age })),
);

await app.listen({ port: Number(process.env['PORT']) });
