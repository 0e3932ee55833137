import Sqlite from 'better-sqlite3';
import Fastify from 'fastify';
import { type Generated, Kysely, PostgresDialect, SqliteDialect } from 'kysely';
import pg from 'pg';
import { listed, seeds, type User } from '../application.ts';
import { getSchema, listSchema, postSchema } from './fastify-schemas.ts';

interface Tables {
  users: { id: Generated<number>; name: string; age: number };
}

const url = process.env['DATABASE_URL']!;
const isPostgres = url.startsWith('postgres');

function openSqlite(): Sqlite.Database {
  const sqlite = new Sqlite(url.slice('sqlite:'.length));
  sqlite.pragma('journal_mode = wal');
  sqlite.pragma('synchronous = normal');
  return sqlite;
}

const dialect = isPostgres
  ? new PostgresDialect({ pool: new pg.Pool({ connectionString: url, max: 10 }) })
  : new SqliteDialect({ database: openSqlite() });
const db = new Kysely<Tables>({ dialect });

await db.schema
  .createTable('users')
  .addColumn('id', isPostgres ? 'serial' : 'integer', (column) =>
    isPostgres ? column.primaryKey() : column.primaryKey().autoIncrement(),
  )
  .addColumn('name', 'varchar(100)', (column) => column.notNull())
  .addColumn('age', 'integer', (column) => column.notNull())
  .execute();
await db.insertInto('users').values(seeds()).execute();

const app = Fastify();
app.get<{ Params: { id: number } }>('/users/:id', { schema: getSchema }, async (request, reply) => {
  const user = await db.selectFrom('users').selectAll().where('id', '=', request.params.id).executeTakeFirst();
  return user ?? reply.code(404).send({ detail: 'User not found' });
});
app.get('/users', { schema: listSchema }, () =>
  db.selectFrom('users').selectAll().orderBy('id').limit(listed).execute(),
);
app.post<{ Body: Omit<User, 'id'> }>('/users', { schema: postSchema }, async ({ body: { name, age } }, reply) => {
  const user = await db
    .transaction()
    .execute((transaction) =>
      transaction.insertInto('users').values({ name, age }).returningAll().executeTakeFirstOrThrow(),
    );
  return reply.code(201).send(user);
});

await app.listen({ port: Number(process.env['PORT']) });
