import assert from 'node:assert/strict';
import { sql } from 'kysely';
import { z } from 'zod';
import { column, type Database, DatabaseError, model, primaryKey, type Session } from '../../src/db/index.ts';
import { App } from '../../src/index.ts';
import { testClient } from '../../src/testing/index.ts';
import { memoryLog } from '../support/memory-log.ts';
import { makeDatabase, onEvery } from './support/backends.ts';

class Cup extends model('cups', { id: primaryKey(), name: column(z.string(), { unique: true }) }) {}

type Cups = Database<{ cups: { id: number; name: string } }>;
type CupSession = Session<{ cups: { id: number; name: string } }>;

const wrong = sql`select * from no_such_table`;

/** Ways to fail, each in a function whose name the stack must have. */
const ways: Readonly<Record<string, (db: Cups) => Promise<unknown>>> = {
  async createAgain() {
    await Cup.create({ name: 'a' });
  },
  async createManyAgain() {
    await Cup.createMany([{ name: 'b' }, { name: 'a' }]);
  },
  async saveAgain() {
    const cup = await Cup.create({ name: 'c' });
    cup.name = 'a';
    await cup.save();
  },
  async updateAgain() {
    await Cup.create({ name: 'd' });
    await Cup.filter({ name: 'd' }).update({ name: 'a' });
  },
  async plainStatement(db) {
    await wrong.execute(db.kysely);
  },
  async builtStatement(db) {
    await db.kysely
      .insertInto('cups')
      .values({ name: 'a' } as never)
      .execute();
  },
  async insideOfTransaction(db) {
    await db.transaction(async function insideOfIt(session) {
      await session
        .insertInto('cups')
        .values({ name: 'a' } as never)
        .execute();
    });
  },
  async insideOfSavepoint(db) {
    await db.transaction((session) =>
      session.savepoint(async function insideOfIt(inner: CupSession) {
        await wrong.execute(inner);
      }),
    );
  },
  async readStatement(db) {
    await db.transaction(async (session) => {
      await wrong.execute(session);
    });
  },
  async streamed(db) {
    for await (const _ of db.kysely
      .selectFrom('no_such_table' as never)
      .selectAll()
      .stream());
  },
  async streamedInside(db) {
    await db.transaction(async (session) => {
      await session
        .insertInto('cups')
        .values({ name: 'f' } as never)
        .execute();
      for await (const _ of session
        .selectFrom('no_such_table' as never)
        .selectAll()
        .stream());
    });
  },
  async committed(db) {
    await sql`create table parents (id integer primary key)`.execute(db.kysely);
    await sql`create table kids (parent integer references parents (id) deferrable initially deferred)`.execute(
      db.kysely,
    );
    await db.transaction(async (session) => {
      await sql`insert into kids values (1)`.execute(session);
    });
  },
  async gathered(db) {
    await Promise.all([wrong.execute(db.kysely), Cup.count()]);
  },
};

for (const [name, work] of Object.entries(ways))
  onEvery(`the stack of a failure leads to who waits for it: ${name}`, async (backend) => {
    await using db = await makeDatabase(backend, { Cup });
    await Cup.create({ name: 'a' });
    const error = (await work(db as never).catch((caught: unknown) => caught)) as DatabaseError;
    assert.ok(error instanceof DatabaseError, String(error));
    const [own, joined, ...more] = error.stack!.split('    --- called from ---\n');
    assert.match(own!, /^DatabaseError/);
    assert.deepEqual(more, [], 'joined once');
    assert.match(joined ?? error.stack!, new RegExp(`at async (Object\\.)?${name} .*stacks\\.test\\.ts:\\d+`));
  });

onEvery('the log of a request has the handler whose statement failed', async (backend) => {
  await using db = await makeDatabase(backend, { Cup });
  const { logger, errors } = memoryLog();
  const app = new App({ logger });
  app.use(db);
  app.get('/', { params: { session: db.session } }, async function brewing({ session }) {
    await wrong.execute(session);
  });
  await using client = await testClient(app);
  assert.equal((await client.get('/')).status, 500);
  assert.match(errors()[0]!.err!.stack, /at async (Object\.)?brewing .*stacks\.test\.ts/);
});
