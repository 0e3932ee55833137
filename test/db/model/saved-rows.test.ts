import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Kysely, sql } from 'kysely';
import { z } from 'zod';
import { column, createdAt, model, primaryKey, updatedAt, version } from '../../../src/db/index.ts';
import { App, HttpError } from '../../../src/index.ts';
import { testClient } from '../../../src/testing/index.ts';
import { coded } from '../../support/coded.ts';
import { makeDatabase, onEvery, postgres, sqliteFile } from '../support/backends.ts';

class Account extends model('accounts', {
  id: primaryKey(),
  name: z.string().max(10),
  balance: z.int().default(0),
  tags: z.array(z.string()).default([]),
  data: z.unknown(),
  seen: z.date().optional(),
  big: z.bigint().nullable(),
  code: column(z.string(), { unique: true }).optional(),
  made: createdAt(),
  changed: updatedAt(),
}) {}

class Sheet extends model('sheets', {
  id: primaryKey(),
  text: z.string(),
  note: z.string().nullable(),
  version: version(),
}) {}

const seen = new Date('2026-01-02T03:04:05.678Z');
const make = (): Promise<Account> =>
  Account.create({ name: 'Ada', tags: ['a'], data: { deep: [1, { b: 2 }] }, seen, big: 5n, code: 'c' });

interface Change {
  readonly what: string;
  readonly change: (row: Account) => unknown;
  /** The columns that the statement sets, apart from the time of the change; none where there is no statement. */
  readonly sets: readonly string[];
}

const changes: readonly Change[] = [
  { what: 'nothing', change: () => {}, sets: [] },
  { what: 'the same values again', change: (row) => Object.assign(row, { ...row }), sets: [] },
  {
    what: 'an equal date, list and object',
    change: (row) => Object.assign(row, { seen: new Date(seen), tags: ['a'], data: { deep: [1, { b: 2 }] } }),
    sets: [],
  },
  { what: 'one value', change: (row) => Object.assign(row, { balance: 7 }), sets: ['balance'] },
  { what: 'a date that was changed in place', change: (row) => row.seen!.setUTCFullYear(2000), sets: ['seen'] },
  { what: 'a list that was changed in place', change: (row) => row.tags.push('b'), sets: ['tags'] },
  {
    what: 'deep inside of an object',
    change: (row) => ((row.data as { deep: [number, { b: number }] }).deep[1].b = 3),
    sets: ['data'],
  },
  { what: 'a value that is taken away', change: (row) => Object.assign(row, { seen: undefined }), sets: ['seen'] },
  { what: 'a property that is deleted', change: (row) => delete (row as { code?: string }).code, sets: ['code'] },
  { what: 'null', change: (row) => Object.assign(row, { big: null }), sets: ['big'] },
  { what: 'undefined where there must be a value', change: (row) => Object.assign(row, { name: undefined }), sets: [] },
  { what: 'a property that is no column', change: (row) => Object.assign(row, { extra: 1 }), sets: [] },
];

for (const { what, change, sets } of changes)
  onEvery(`save writes what differs, and this is ${what}: ${sets.join() || 'no statement'}`, async (backend) => {
    await using _ = await makeDatabase(backend, { Account });
    for (const how of ['read', 'made', 'refreshed'] as const) {
      await Account.all().delete();
      const made = await make();
      const row = how === 'made' ? made : how === 'read' ? await Account.get({ id: made.id }) : await made.refresh();
      const before = await Account.get({ id: made.id });
      // What somebody else writes into every other column.
      const other = { name: 'Bob', balance: 1, tags: ['x'], data: 'x', seen: new Date(0), big: 9n, code: 'other' };
      await Account.filter({ id: made.id }).update(other);
      change(row);
      const mine = { ...row };
      assert.equal(await row.save(), row);
      const stored = await Account.get({ id: made.id });
      for (const name of Object.keys(other) as (keyof typeof other)[])
        assert.deepEqual(stored[name], sets.includes(name) ? mine[name] : other[name], name);
      // Without a statement, the row is as it was; with one, it has what the database has.
      if (sets.length > 0) assert.deepEqual({ ...row }, { ...stored });
      else assert.deepEqual([row.name, row.balance, row.changed], [before.name, before.balance, before.changed]);
      // What was saved is no longer a change.
      await Account.filter({ id: made.id }).update({ balance: 99 });
      await row.save();
      assert.equal((await Account.get({ id: made.id })).balance, 99);
    }
  });

onEvery('two PATCHes at once both arrive', async (backend) => {
  const db = await makeDatabase(backend, { Account });
  const app = new App({ logger: false });
  app.use(db);
  let readers = 0;
  let gate = Promise.withResolvers<void>();
  app.patch('/{id}', { params: { id: z.int(), changes: Account.updateSchema } }, async ({ id, changes }) => {
    const row = await Account.get({ id });
    if (++readers % 2 === 0) gate.resolve();
    await gate.promise;
    await Object.assign(row, changes).save();
  });
  await using client = await testClient(app);
  const { id } = await make();
  for (let round = 1; round <= 10; round++) {
    gate = Promise.withResolvers();
    const answers = await Promise.all([
      client.patch(`/${id}`, { json: { balance: round } }),
      client.patch(`/${id}`, { json: { name: `n${round}` } }),
    ]);
    assert.deepEqual(
      answers.map(({ status }) => status),
      [200, 200],
    );
    const { balance, name } = await Account.get({ id });
    assert.deepEqual([balance, name], [round, `n${round}`]);
  }
});

onEvery('a row of two saves at once, and one that is changed while it is saved, lose nothing', async (backend) => {
  await using _ = await makeDatabase(backend, { Account });
  const row = await make();
  row.name = 'one';
  const first = row.save();
  row.balance = 2;
  const second = row.save();
  row.tags = ['later'];
  await Promise.all([first, second]);
  assert.deepEqual([row.name, row.balance, row.tags], ['one', 2, ['later']]);
  await row.save();
  const stored = await Account.get({ id: row.id });
  assert.deepEqual([stored.name, stored.balance, stored.tags], ['one', 2, ['later']]);
});

onEvery('what a rollback undid is written by the next save', async (backend) => {
  await using db = await makeDatabase(backend, { Account, Sheet });
  const row = await make();
  const sheet = await Sheet.create({ text: 'a', note: null });
  const change = async (): Promise<never> => {
    await Object.assign(row, { name: 'Eve' }).save();
    await Object.assign(sheet, { text: 'b' }).save();
    await Object.assign(sheet, { note: 'c' }).save();
    throw new Error('undo');
  };
  await assert.rejects(db.transaction(change), /undo/);
  await Account.filter({ id: row.id }).update({ balance: 3 });
  await row.save();
  await sheet.save();
  const stored = await Account.get({ id: row.id });
  assert.deepEqual([stored.name, stored.balance], ['Eve', 3]);
  assert.deepEqual({ ...(await Sheet.get({ id: sheet.id })) }, { id: sheet.id, text: 'b', note: 'c', version: 2 });
  await db.transaction(async () => {
    const inside = await Account.get({ id: row.id });
    await assert.rejects(
      db.transaction(async () => {
        await Object.assign(inside, { name: 'Mal' }).save();
        throw new Error('undo');
      }),
      /undo/,
    );
    await inside.save();
    await assert.rejects(
      db.transaction(async () => {
        await inside.delete();
        throw new Error('undo');
      }),
      /undo/,
    );
    await Object.assign(inside, { balance: 4 }).save();
  });
  const last = await Account.get({ id: row.id });
  assert.deepEqual([last.name, last.balance], ['Mal', 4]);
});

onEvery('a row that was made by hand is written as it is, and only what it has', async (backend) => {
  await using _ = await makeDatabase(backend, { Account });
  const { id } = await make();
  const some = new Account({ id, name: 'Hand' } as never);
  await some.save();
  assert.deepEqual([some.balance, some.code, some.tags], [0, 'c', ['a']]);
  // Rows of JSON and of Kysely are no instances until somebody makes one of them.
  const [plain] = Account.fromJson([{ id, name: 'Json' }]);
  await new Account(plain as never).save();
  const stored = await Account.get({ id });
  assert.deepEqual([stored.name, stored.code, stored.seen], ['Json', 'c', seen]);
});

onEvery('a key that is changed is the key of the row that was read', async (backend) => {
  await using _ = await makeDatabase(backend, { Account });
  const row = await make();
  await Object.assign(row, { id: 70 }).save();
  assert.deepEqual(await Account.count({ id: 70 }), 1);
  assert.equal(await Account.count(), 1);
  assert.equal((await row.refresh()).id, 70);
});

onEvery('a version counts changes of both styles, and refuses one of a row that has moved', async (backend) => {
  await using db = await makeDatabase(backend, { Sheet });
  const moved = { code: 'CORTADO_DB_STALE', status: 409 };
  const sheet = await Sheet.create({ text: 'a', note: null });
  assert.equal(sheet.version, 1);
  const mine = await Sheet.get({ id: sheet.id });
  const theirs = await Sheet.get({ id: sheet.id });
  assert.equal((await Object.assign(theirs, { text: 'b' }).save()).version, 2);
  assert.equal((await Object.assign(theirs, { text: 'c' }).save()).version, 3);
  await assert.rejects(Object.assign(mine, { text: 'x' }).save(), moved);
  await assert.rejects(mine.delete(), moved);
  await Sheet.filter({ id: sheet.id }).update({ note: 'n' });
  const kysely = db.kysely;
  await kysely.updateTable('sheets').set({ note: 'm' }).where('id', '=', sheet.id).execute();
  await kysely.updateTable('sheets as s').set({ note: 'k' }).where('s.id', '=', sheet.id).execute();
  await kysely
    .insertInto('sheets')
    .values({ id: sheet.id, text: 'z', note: null })
    .onConflict((conflict) => conflict.column('id').doUpdateSet({ note: 'conflict' }))
    .execute();
  await assert.rejects(theirs.delete(), moved);
  assert.equal((await theirs.refresh()).version, 7);
  // A client says from which version its change was made.
  await assert.rejects(Object.assign(await Sheet.get({ id: sheet.id }), { text: 'y', version: 3 }).save(), moved);
  await assert.rejects(Object.assign(await Sheet.get({ id: sheet.id }), { version: 3 }).save(), moved);
  const right = Object.assign(await Sheet.get({ id: sheet.id }), { text: 'y', version: 7 });
  assert.equal((await right.save()).version, 8);
  assert.equal((await right.save()).version, 8);
  await right.delete();
  await assert.rejects(right.save(), { code: 'CORTADO_ROW_NOT_FOUND' });
  await assert.rejects(theirs.delete(), { code: 'CORTADO_ROW_NOT_FOUND' });
  assert.deepEqual(Object.keys(Sheet.createSchema.shape), ['text', 'note']);
  const [other, isNew] = await Sheet.updateOrCreate({ text: 'new' }, { note: 'a' });
  assert.deepEqual([other.version, isNew], [1, true]);
  assert.equal((await Sheet.updateOrCreate({ text: 'new' }, { note: 'b' }))[0].version, 2);
});

onEvery('of two requests that change one version, the second is a 409', async (backend) => {
  const db = await makeDatabase(backend, { Sheet });
  const app = new App({ logger: false });
  app.use(db);
  const gate = Promise.withResolvers<void>();
  let readers = 0;
  app.patch('/{id}', { params: { id: z.int(), changes: Sheet.updateSchema } }, async ({ id, changes }) => {
    const row = await Sheet.get({ id });
    if (++readers === 2) gate.resolve();
    await gate.promise;
    return Object.assign(row, changes).save();
  });
  await using client = await testClient(app);
  const { id } = await Sheet.create({ text: 'a', note: null });
  const answers = await Promise.all(['b', 'c'].map((text) => client.patch(`/${id}`, { json: { text } })));
  assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 409]);
  const lost = answers.find(({ status }) => status === 409)!;
  assert.deepEqual(await lost.json(), { detail: 'It was changed by another in the meantime.' });
});

test('a model has one version column', () => {
  assert.throws(
    () => model('twice', { id: primaryKey(), one: version(), two: version() }),
    coded('CORTADO_DB_MODEL', '"twice"', 'version'),
  );
});

onEvery('read, check, write: with isolation and retries nothing is lost, whichever the database', async (backend) => {
  await using db = await makeDatabase(backend, { Account });
  const { id } = await make();
  const withdraw = (): Promise<void> =>
    db.transaction(
      async () => {
        const account = await Account.get({ id });
        if (account.balance < 1) throw new HttpError(409, 'Not enough');
        await Object.assign(account, { balance: account.balance - 1 }).save();
      },
      { isolation: 'serializable', retries: 20 },
    );
  await Account.filter({ id }).update({ balance: 4 });
  const work = await Promise.allSettled(Array.from({ length: 6 }, withdraw));
  assert.equal(work.filter(({ status }) => status === 'fulfilled').length, 4);
  assert.equal((await Account.get({ id })).balance, 0);
});

onEvery('a stream that is the first statement of a strict session is part of its transaction', async (backend) => {
  await using db = await makeDatabase(backend, { Account });
  const { id } = await make();
  const add = (): Promise<void> =>
    db.transaction(
      async () => {
        for await (const account of Account.filter({ id }))
          await Account.filter({ id }).update({ balance: account.balance + 1 });
      },
      { isolation: 'serializable', retries: 20 },
    );
  await Promise.all(Array.from({ length: 4 }, add));
  assert.equal((await Account.get({ id })).balance, 4);
});

const locks: readonly ((db: Kysely<{ accounts: { id: number } }>) => Promise<unknown>)[] = [
  (db) => db.selectFrom('accounts').selectAll().forUpdate().execute(),
  (db) => db.selectFrom('accounts').selectAll().forShare().skipLocked().execute(),
  (db) => db.selectFrom('accounts').selectAll().forNoKeyUpdate().stream().next(),
  (db) => sql`select id from accounts for update`.execute(db),
];

test('SQLite: FOR UPDATE says what to do instead', async () => {
  await using db = await makeDatabase(sqliteFile, { Account });
  const instead = coded('CORTADO_DB_QUERY', "db.sessionWith({ isolation: 'serializable' })");
  for (const lock of locks) {
    await assert.rejects(lock(db.kysely as never), instead);
    await db.transaction((session) => assert.rejects(lock(session as never), instead));
  }
  const { rows } = await sql`select 'wait for update' as text`.execute(db.kysely);
  assert.deepEqual(rows, [{ text: 'wait for update' }]);
});

test('PostgreSQL: FOR UPDATE holds the row for who reads it', async () => {
  await using db = await makeDatabase(postgres, { Account });
  const { id } = await make();
  const add = (): Promise<void> =>
    db.transaction(async (session) => {
      const row = session.selectFrom('accounts').select('balance').where('id', '=', id).forUpdate();
      const { balance } = await row.executeTakeFirstOrThrow();
      await Account.filter({ id }).update({ balance: balance + 1 });
    });
  await Promise.all(Array.from({ length: 5 }, add));
  assert.equal((await Account.get({ id })).balance, 5);
  for (const lock of locks) await db.transaction((session) => lock(session as never));
});
