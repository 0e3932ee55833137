import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { Kysely, type RawBuilder, sql } from 'kysely';
import { z } from 'zod';
import { type Database, database, model, primaryKey } from '../../../src/db/index.ts';
import { KyselyMaker } from '../../../src/db/kysely/kysely-maker.ts';
import { Savepoints } from '../../../src/db/session/savepoints.ts';
import { SessionConnection } from '../../../src/db/session/session-connection.ts';
import { SqliteEngine } from '../../../src/db/sqlite/sqlite-engine.ts';
import { App } from '../../../src/index.ts';
import { until } from '../../support/until.ts';
import { makeDatabase, sqliteFile, sqliteMemory, temporaryFile } from '../support/backends.ts';

class User extends model('users', { id: primaryKey(), name: z.string() }) {}

/** A statement that keeps a thread busy for as many steps; `select` makes it a read. */
const counting = (steps: number): RawBuilder<{ n: number }> =>
  sql`with recursive c(n) as (select 1 union all select n + 1 from c where n < ${sql.lit(steps)}) select max(n) as n from c`;

/** How many steps take about this many milliseconds on this machine. */
async function stepsFor<DB>(db: Database<DB>, ms: number): Promise<number> {
  const steps = 200_000;
  const begun = performance.now();
  await counting(steps).execute(db.kysely);
  return Math.ceil((steps * ms) / (performance.now() - begun));
}

test('while a query of a second runs, /ping and other reads are answered at once', async () => {
  const db = await makeDatabase(sqliteFile, { User });
  await User.create({ name: 'Ada' });
  const steps = await stepsFor(db, 1000);
  const app = new App({ logger: false });
  app.use(db);
  app.get('/ping', () => 'pong');
  app.get('/slow', { params: { read: db.read } }, async ({ read }) => (await counting(steps).execute(read)).rows);
  app.get('/users', { params: { session: db.session } }, ({ session }) =>
    session.selectFrom('users').selectAll().execute(),
  );
  const address = await app.listen({ port: 0 });
  try {
    let isDone = false;
    const begun = performance.now();
    const slow = fetch(`${address}/slow`).then(async (response) => {
      assert.equal(response.status, 200);
      await response.json();
      isDone = true;
    });
    const pings: number[] = [];
    const reads: number[] = [];
    while (!isDone && performance.now() < begun + 60_000) {
      const at = performance.now();
      assert.equal(await (await fetch(`${address}/ping`)).json(), 'pong');
      pings.push(performance.now() - at);
      assert.equal(((await (await fetch(`${address}/users`)).json()) as unknown[]).length, 1);
      reads.push(performance.now() - at);
      await pause(1);
    }
    await slow;
    const took = performance.now() - begun;
    assert.ok(took > 300, 'the query was too short to show anything');
    assert.ok(pings.length > 20);
    const median = (times: number[]): number => times.sort((a, b) => a - b)[Math.floor(times.length / 2)]!;
    assert.ok(median(reads) < took / 10, `ping ${median(pings)} ms, read ${median(reads)} ms, of ${took} ms`);
  } finally {
    await app.close();
  }
});

test('short reads that were sent along with a long one do not wait for it', async () => {
  await using db = await makeDatabase(sqliteFile, { User });
  await User.create({ name: 'Ada' });
  const steps = await stepsFor(db, 500);
  let isDone = false;
  const slow = counting(steps)
    .execute(db.kysely)
    .then(() => (isDone = true));
  const short = await Promise.all(Array.from({ length: 60 }, () => User.all()));
  assert.equal(isDone, false);
  assert.ok(short.every((users) => users.length === 1));
  await slow;
});

test('an open transaction holds up no read of others, and they see what is committed', async () => {
  await using db = await makeDatabase(sqliteFile, { User });
  const { promise: held, resolve: letGo } = Promise.withResolvers<void>();
  const { promise: written, resolve: hasWritten } = Promise.withResolvers<void>();
  const writing = db.transaction(async () => {
    await User.create({ name: 'not yet' });
    hasWritten();
    await held;
  });
  await written;
  assert.equal(await User.count(), 0);
  letGo();
  await writing;
  assert.equal(await User.count(), 1);
});

test('a snapshot reads the same throughout, and holds up no writer', async () => {
  await using db = await makeDatabase(sqliteFile, { User });
  await User.create({ name: 'Ada' });
  await db.transaction(
    async (session) => {
      const count = async (): Promise<number> => (await session.selectFrom('users').select('id').execute()).length;
      assert.equal(await count(), 1);
      await sql`insert into users (name) values ('Bob')`.execute(db.kysely);
      assert.equal(await count(), 1);
      await assert.rejects(session.deleteFrom('users').execute(), { code: 'CORTADO_DB_READ_ONLY' });
    },
    { isolation: 'snapshot', readOnly: true },
  );
  assert.equal(await User.count(), 2);
});

test('a stream holds up nobody, and ends with its reader', async () => {
  await using db = await makeDatabase(sqliteFile, { User });
  await User.createMany(Array.from({ length: 1000 }, (_, n) => ({ name: `n${n}` })));
  let seen = 0;
  for await (const user of db.kysely.selectFrom('users').selectAll().orderBy('id').stream(10)) {
    assert.equal(user.name, `n${seen++}`);
    if (seen === 500) await User.create({ name: 'while it streams' });
  }
  assert.equal(seen, 1000);
  await db.transaction(async (session) => {
    await User.filter({ id: 1 }).delete();
    const first = await session.selectFrom('users').selectAll().orderBy('id').stream(1).next();
    assert.equal(first.value?.id, 2);
  });
});

function engineAt(path: string): { engine: SqliteEngine; kyselies: KyselyMaker } {
  const options = { path, label: path, readers: 2, timeout: 1000, busyTimeout: 1000, synchronous: 'normal' } as const;
  const engine = new SqliteEngine(options, { decoders: new Map(), isAround: () => false });
  return { engine, kyselies: new KyselyMaker(engine, []) };
}

test('a thread that dies fails its statements, and is replaced', async () => {
  const { engine, kyselies } = engineAt(await temporaryFile());
  try {
    const db = kyselies.plain('autocommit');
    await sql`create table t (n integer)`.execute(db);
    const unit = engine.unit({ mode: 'lazy' });
    const savepoints = new Savepoints({ unit, timeout: 1000 });
    const session = new Kysely(kyselies.props(new SessionConnection(unit, savepoints)));
    await sql`insert into t values (1)`.execute(session);
    const running = assert.rejects(counting(2e6).execute(session), { code: 'CORTADO_DB_WORKER' });
    await pause(20);
    await Promise.all([engine.writer.thread.kill(), running]);
    await assert.rejects(sql`insert into t values (2)`.execute(session), { code: 'CORTADO_DB_TRANSACTION' });
    await assert.rejects(unit.commit(), { code: 'CORTADO_DB_TRANSACTION' });
    await sql`insert into t values (3)`.execute(db);
    assert.deepEqual((await sql`select n from t`.execute(db)).rows, [{ n: 3 }]);
  } finally {
    await engine.close();
  }
});

test('changes are looked for again, and told of, after the thread that looked has died', async () => {
  const { engine, kyselies } = engineAt(await temporaryFile());
  try {
    const db = kyselies.plain('autocommit');
    await sql`create table t (n integer)`.execute(db);
    let calls = 0;
    using _ = engine.watchChanges(() => calls++, 5);
    await until('a change is told', () => assert.ok(calls > 0));
    const before = calls;
    await engine.threads.at(-1)!.kill();
    await until('a change is told', () => assert.ok(calls > before));
    const again = calls;
    await sql`insert into t values (1)`.execute(db);
    await until('a change is told', () => assert.ok(calls > again));
  } finally {
    await engine.close();
  }
});

test('a database in memory that died is not taken for an empty one', async () => {
  const { engine, kyselies } = engineAt(':memory:');
  const db = kyselies.plain('autocommit');
  await sql`create table t (n integer)`.execute(db);
  await engine.writer.thread.kill();
  await assert.rejects(sql`create table if not exists t (n integer)`.execute(db), { code: 'CORTADO_DB_WORKER' });
  assert.match(engine.problem ?? '', /lost/);
  await engine.close();
});

test('waits in the thread for another process, and gives up with a 503', async () => {
  const path = await temporaryFile();
  await using one = database({ url: `sqlite:${path}`, models: { User }, busyTimeout: 100 });
  await one.open();
  await one.createSchema();
  await using other = database({ url: `sqlite:${path}` });
  const hold = (ms: number): Promise<void> =>
    other.transaction(async (session) => {
      await sql`insert into users (name) values ('other')`.execute(session);
      await pause(ms);
    });
  let holding = hold(30);
  await pause(10);
  await User.create({ name: 'after a wait' });
  await holding;
  holding = hold(400);
  await pause(10);
  await assert.rejects(User.create({ name: 'no' }), {
    code: 'CORTADO_DB_BUSY',
    status: 503,
    headers: { 'retry-after': '1' },
  });
  await one.transaction(async () => User.create({ name: 'after retries' }), { retries: 5 });
  await holding;
  assert.equal(await User.count(), 4);
});

test('who waits for a turn to write longer than the limit gets a 503', async () => {
  const db = await makeDatabase(sqliteFile, { User }, { pool: { timeout: 50 } });
  const app = new App({ logger: false });
  app.use(db);
  app.post('/', { params: { ms: z.int() } }, async ({ ms }) => {
    await User.create({ name: 'x' });
    await pause(ms);
  });
  const address = await app.listen({ port: 0 });
  try {
    const first = fetch(`${address}/?ms=200`, { method: 'POST' });
    await pause(30);
    const second = await fetch(`${address}/?ms=0`, { method: 'POST' });
    assert.equal(second.status, 503);
    assert.equal(second.headers.get('retry-after'), '1');
    assert.deepEqual(await second.json(), { detail: 'The server is busy. Try again later.' });
    assert.equal((await first).status, 200);
    assert.equal(await User.count(), 1);
  } finally {
    await app.close();
  }
});

test('a statement that would wait for the transaction around it is refused, and not left hanging', async () => {
  await using db = await makeDatabase(sqliteFile, { User });
  await db.transaction(async () => {
    await User.create({ name: 'Ada' });
    await assert.rejects(sql`delete from users`.execute(db.kysely), { code: 'CORTADO_DB_DEADLOCK' });
  });
  await Promise.all([1, 2, 3].map((n) => db.transaction(async () => User.create({ name: `${n}` }))));
  assert.equal(await User.count(), 4);
});

for (const [backend, seen] of [
  [sqliteFile, ['Ada']],
  [sqliteMemory, 'CORTADO_DB_DEADLOCK'],
] as const)
  test(`${backend.name}: what reads outside of a transaction that has written does not see its rows`, async () => {
    await using db = await makeDatabase(backend, { User });
    await User.create({ name: 'Ada' });
    await db.transaction(async () => {
      await User.create({ name: 'Bob' });
      const names = db.kysely.selectFrom('users').select('name').execute();
      assert.deepEqual(
        await names.then(
          (rows) => rows.map(({ name }) => name),
          ({ code }) => code,
        ),
        seen,
      );
    });
  });

test('integers are exact, large ones too', async () => {
  await using db = await makeDatabase(sqliteFile, { User });
  const { rows } =
    await sql`select 9007199254740993 as big, 5 as small, typeof(${5}) as type, ${5} / 2 as half, ${0.5} as real`.execute(
      db.kysely,
    );
  assert.deepEqual(rows, [{ big: 9007199254740993n, small: 5, type: 'integer', half: 2, real: 0.5 }]);
  await sql`create table t (n integer, s text)`.execute(db.kysely);
  await sql`insert into t values (${9007199254740993n}, ${5})`.execute(db.kysely);
  const inserted = await sql`insert into t values (${2n ** 62n}, 'x') returning *`.execute(db.kysely);
  assert.deepEqual(inserted.rows, [{ n: 2n ** 62n, s: 'x' }]);
  assert.equal(inserted.numAffectedRows, 1n);
  assert.deepEqual((await sql`select * from t order by rowid`.execute(db.kysely)).rows[0], {
    n: 9007199254740993n,
    s: '5',
  });
});

test('a table that changes shape while its statements are prepared is read as it is now', async () => {
  await using db = await makeDatabase(sqliteFile, { User });
  await sql`create table t (a integer, b integer)`.execute(db.kysely);
  await sql`insert into t values (1, 2)`.execute(db.kysely);
  const read = async (): Promise<unknown> => (await sql`select * from t`.execute(db.kysely)).rows;
  assert.deepEqual(await read(), [{ a: 1, b: 2 }]);
  await sql`alter table t rename column b to c`.execute(db.kysely);
  assert.deepEqual(await read(), [{ a: 1, c: 2 }]);
  await sql`alter table t add column d text default 'x'`.execute(db.kysely);
  assert.deepEqual(await read(), [{ a: 1, c: 2, d: 'x' }]);
});
