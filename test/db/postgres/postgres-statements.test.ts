import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import { z } from 'zod';
import { type DatabaseError, model, primaryKey } from '../../../src/db/index.ts';
import { coded } from '../../support/coded.ts';
import { makeDatabase, postgres } from '../support/backends.ts';

class Note extends model('notes', { id: primaryKey(), text: z.string(), big: z.bigint().nullable().default(null) }) {}

const texts: readonly [string, string][] = [
  ['nothing', ''],
  ['letters of several bytes', 'ŭ咖啡☕'],
  ['half a pair of surrogates', 'a\ud800b'.toWellFormed()],
  ['more than a message usually holds', 'é'.repeat(40_000)],
  ['quotes and backslashes', `'"\\$1`],
];
for (const [what, text] of texts)
  test(`PostgreSQL: a value of ${what} arrives as it is`, async () => {
    await using db = await makeDatabase(postgres, { Note });
    await Note.create({ text });
    for (let again = 0; again < 2; again++)
      assert.equal((await db.kysely.selectFrom('notes').select('text').executeTakeFirstOrThrow()).text, text);
  });

test('PostgreSQL: values are bound with and without prepared statements', async () => {
  for (const prepare of [true, false]) {
    await using db = await makeDatabase(postgres, { Note }, { prepare, pool: { max: 1 } });
    const bytes = Buffer.from([0, 1, 255]);
    const values = sql<{ n: null; b: Buffer; d: Date; j: object; a: number[] }>`
      select ${null}::text as n, ${bytes}::bytea as b, ${new Date(0)}::timestamptz as d, ${JSON.stringify({ x: 1 })}::json as j, ${[1, 2]}::int[] as a`;
    for (let again = 0; again < 3; again++)
      assert.deepEqual(
        { ...(await values.execute(db.kysely)).rows[0] },
        { n: null, b: bytes, d: new Date(0), j: { x: 1 }, a: [1, 2] },
      );
    // A pooler like PgBouncer gives the next transaction another connection, which knows none of them.
    const [{ prepared }] = (
      await sql<{ prepared: number }>`select count(*) as prepared from pg_prepared_statements`.execute(db.kysely)
    ).rows as [{ prepared: number }];
    assert.equal(prepared > 0, prepare);
  }
});

test('PostgreSQL: rows are decoded the first time, the second time, and when statements are sent together', async () => {
  await using db = await makeDatabase(postgres, { Note });
  await Note.create({ text: 'a', big: 7n });
  await db.transaction(async (session) => {
    const read = (): Promise<unknown> => session.selectFrom('notes').select(['big as x']).executeTakeFirst();
    assert.deepEqual(await Promise.all([read(), read(), read()]), Array(3).fill({ x: 7n }));
    assert.deepEqual(await read(), { x: 7n });
  });
  const empty = db.kysely.selectFrom('notes').select('big').where('id', '=', 0);
  assert.deepEqual([await empty.execute(), await empty.execute()], [[], []]);
});

test('PostgreSQL: a column may have any name', async () => {
  await using db = await makeDatabase(postgres, { Note });
  const { rows } = await sql`select 1 as "__proto__", 2 as "constructor"`.execute(db.kysely);
  assert.deepEqual(Object.entries(rows[0] as object), [
    ['__proto__', 1],
    ['constructor', 2],
  ]);
});

test('PostgreSQL: a statement does not run when its transaction could not begin', async () => {
  await using db = await makeDatabase(postgres, { Note });
  const work = db.transaction(
    async () => {
      await assert.rejects(Note.create({ text: 'a' }), coded('CORTADO_DB_QUERY', 'syntax error'));
      await assert.rejects(Note.create({ text: 'b' }), { code: 'CORTADO_DB_TRANSACTION' });
    },
    { isolation: 'bogus' as never },
  );
  await assert.rejects(work, { code: 'CORTADO_DB_TRANSACTION' });
  assert.equal(await Note.count(), 0);
  // The connection is as good as before.
  await db.transaction(async () => void (await Note.create({ text: 'c' })));
  assert.equal(await Note.count(), 1);
});

test('PostgreSQL: a first statement whose values cannot be sent leaves the transaction to the next', async () => {
  await using db = await makeDatabase(postgres, { Note });
  const circular: { self?: unknown } = {};
  circular.self = circular;
  const work = db.transaction(async (session) => {
    await assert.rejects(sql`insert into notes (text) values (${circular})`.execute(session), /circular/);
    await session.insertInto('notes').values({ text: 'a' }).execute();
    throw new Error('no');
  });
  await assert.rejects(work, /^Error: no$/);
  assert.equal(await Note.count(), 0);
});

test('PostgreSQL: a NUL in the text of a statement is refused, and does no harm', async () => {
  await using db = await makeDatabase(postgres, { Note });
  await assert.rejects(sql.raw('select 1 as "\0"').execute(db.kysely), (error: DatabaseError) =>
    /NUL/.test(error.message),
  );
  await assert.rejects(sql`select ${'a\0b'}::text`.execute(db.kysely), { code: 'CORTADO_DB_VALUE' });
  assert.equal(await Note.count(), 0);
});

test('PostgreSQL: more values than a statement takes are refused, and createMany sends them in parts', async () => {
  await using db = await makeDatabase(postgres, { Note });
  const rows = Array.from({ length: 35_000 }, (_, at) => ({ text: `${at}` }));
  await assert.rejects(
    db.kysely.insertInto('notes').values(rows).execute(),
    coded('CORTADO_DB_QUERY', '65535', '70000'),
  );
  assert.equal(await Note.count(), 0);
  assert.equal((await Note.createMany(rows)).length, rows.length);
  assert.equal(await Note.count(), rows.length);
});

test('PostgreSQL: a table that changes shape inside of a transaction fails that one clearly, and the next is right', async () => {
  await using db = await makeDatabase(postgres, { Note }, { pool: { max: 1 } });
  await Note.create({ text: 'a' });
  const read = (session: typeof db.kysely): Promise<object[]> => session.selectFrom('notes').selectAll().execute();
  await db.transaction(read, { isolation: 'repeatable read' });
  await sql`alter table notes add column more integer`.execute(db.kysely);
  await assert.rejects(
    db.transaction(read, { isolation: 'repeatable read' }),
    /cached plan must not change result type/,
  );
  const [row] = await db.transaction(read, { isolation: 'repeatable read' });
  assert.deepEqual(Object.keys(row!), ['id', 'text', 'big', 'more']);
  assert.equal((await read(db.kysely)).length, 1);
});

test('PostgreSQL: a prepared statement that failed is prepared again', async () => {
  await using db = await makeDatabase(postgres, { Note }, { pool: { max: 1 } });
  const read = sql`select n from later`;
  await assert.rejects(
    db.transaction((session) => read.execute(session)),
    /does not exist/,
  );
  await assert.rejects(read.execute(db.kysely), /does not exist/);
  await sql`create table later (n integer)`.execute(db.kysely);
  await sql`insert into later values (5)`.execute(db.kysely);
  assert.deepEqual((await read.execute(db.kysely)).rows, [{ n: 5 }]);
});

test('PostgreSQL: a session that only reads ends without waiting for its commit, and gives its connection back', async () => {
  await using db = await makeDatabase(postgres, { Note }, { pool: { max: 1, timeout: 5_000 } });
  for (let round = 0; round < 3; round++)
    assert.equal(await db.transaction(() => Note.count(), { isolation: 'repeatable read', readOnly: true }), 0);
  await Note.create({ text: 'written on the same connection' });
  assert.equal(await Note.count(), 1);
});
