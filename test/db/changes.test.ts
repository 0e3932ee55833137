import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { sql } from 'kysely';
import { z } from 'zod';
import { database, model, primaryKey } from '../../src/db/index.ts';
import { until } from '../support/until.ts';
import { makeDatabase, postgres, postgresServer, sqliteFile, sqliteMemory } from './support/backends.ts';

class User extends model('users', { id: primaryKey(), name: z.string() }) {}

for (const backend of [sqliteFile, sqliteMemory]) {
  test(`${backend.name}: watchChanges tells when it begins to look, and of changes until it is disposed of`, async () => {
    await using db = await makeDatabase(backend, { User });
    let changes = 0;
    {
      using _ = db.watchChanges(() => changes++, { interval: 5 });
      await until('the change is told', () => assert.equal(changes, 1));
      await pause(30);
      assert.equal(changes, 1);
      await User.create({ name: 'Ada' });
      await until('the change is told', () => assert.equal(changes, 2));
      await db.transaction(async () => User.create({ name: 'Bob' }));
      await until('the change is told', () => assert.equal(changes, 3));
    }
    await User.create({ name: 'Cleo' });
    await pause(30);
    assert.equal(changes, 3);
  });
}

for (const backend of [sqliteFile, sqliteMemory]) {
  test(`${backend.name}: watchChanges loses nothing when a more eager watcher comes`, async () => {
    await using db = await makeDatabase(backend, { User });
    let changes = 0;
    using _ = db.watchChanges(() => changes++, { interval: 60_000 });
    await until('the change is told', () => assert.equal(changes, 1));
    await User.create({ name: 'Ada' });
    using __ = db.watchChanges(() => {}, { interval: 5 });
    await until('the change is told', () => assert.equal(changes, 2));
  });
}

test('SQLite: watchChanges that begins in the middle of a transaction tells of its end', async () => {
  await using db = await makeDatabase(sqliteMemory, { User });
  let changes = 0;
  await db.transaction(async () => {
    await User.create({ name: 'Ada' });
    db.watchChanges(() => changes++, { interval: 5 });
    await until('the change is told', () => assert.equal(changes, 1));
  });
  await until('the change is told', () => assert.equal(changes, 2));
});

test('SQLite file: watchChanges sees what another connection writes, and may begin before the database opens', async () => {
  const url = await sqliteFile.url();
  await using db = database({ url, models: { User } });
  let changes = 0;
  using _ = db.watchChanges(() => changes++, { interval: 5 });
  await db.open();
  await until('the change is told', () => assert.equal(changes, 1));
  await db.createSchema();
  await until('the change is told', () => assert.ok(changes > 1));
  await using other = database({ url });
  const before = changes;
  await sql`insert into users (name) values ('from elsewhere')`.execute(other.kysely);
  await until('the change is told', () => assert.ok(changes > before));
});

test('PostgreSQL: listen hears what is committed, and says when something may have been missed', async () => {
  await using db = await makeDatabase(postgres, { User });
  const heard: (string | undefined)[] = [];
  const listening = db.listen('orders "1"', (payload) => heard.push(payload));
  await until('1 of them is there', () => assert.equal(heard.length, 1));
  assert.deepEqual(heard, [undefined]);
  await db.transaction(async (session) => {
    await sql`select pg_notify('orders "1"', 'first')`.execute(session);
    await pause(20);
    assert.equal(heard.length, 1);
  });
  await until('2 of them are there', () => assert.equal(heard.length, 2));
  await db
    .transaction(async (session) => {
      await sql`select pg_notify('orders "1"', 'undone')`.execute(session);
      throw new Error('undo');
    })
    .catch(() => {});
  const server = await postgresServer();
  await server.run(`select pg_terminate_backend(pid) from pg_stat_activity where query like 'listen%'`);
  await until('3 of them are there', () => assert.equal(heard.length, 3));
  await sql`notify "orders ""1""", 'second'`.execute(db.kysely);
  await until('4 of them are there', () => assert.equal(heard.length, 4));
  assert.deepEqual(heard, [undefined, 'first', undefined, 'second']);
  listening[Symbol.dispose]();
  await sql`notify "orders ""1""", 'third'`.execute(db.kysely);
  await pause(30);
  assert.equal(heard.length, 4);
});

test('each kind says what the other has', async () => {
  await using lite = database({ url: 'sqlite::memory:' });
  assert.throws(() => lite.listen('x', () => {}), { code: 'CORTADO_OPTION_INVALID' });
  await using pg = database({ url: 'postgres://localhost/x' });
  assert.throws(() => pg.watchChanges(() => {}), { code: 'CORTADO_OPTION_INVALID' });
  assert.throws(() => lite.watchChanges(() => {}, { interval: 0 }), { code: 'CORTADO_OPTION_INVALID' });
});
