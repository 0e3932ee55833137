import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { sql } from 'kysely';
import { z } from 'zod';
import { column, database, model, primaryKey } from '../../src/db/index.ts';
import { App, type ErrorCode } from '../../src/index.ts';
import { testClient } from '../../src/testing/index.ts';
import { makeDatabase, onEvery, postgres, postgresServer } from '../db/support/backends.ts';
import { coded } from '../support/coded.ts';
import { until } from '../support/until.ts';

class User extends model('users', { id: primaryKey(), name: column(z.string(), { unique: true }) }) {}

onEvery('a commit that fails is a 500, and the client never sees a success', async (backend) => {
  const db = await makeDatabase(backend, { User });
  await User.create({ name: 'Ada' });
  const app = new App({ logger: false });
  app.use(db);
  app.post('/', { params: { session: db.session }, status: 201 }, async ({ session }) => {
    await session.insertInto('users').values({ name: 'Bob' }).execute();
    // A failure that ends the whole transaction, and that the handler does not mind.
    const failing =
      backend.kind === 'sqlite' ? sql`insert or rollback into users (name) values ('Ada')` : sql`select 1/0`;
    await failing.execute(session).catch(() => {});
    return { made: true };
  });
  await using client = await testClient(app);
  const response = await client.post('/');
  assert.equal(response.status, 500);
  assert.deepEqual(await response.json(), { detail: 'Internal Server Error' });
  assert.equal(await User.count(), 1);
});

onEvery('a constraint that is checked at commit is a 409, and the client never sees a success', async (backend) => {
  const db = await makeDatabase(backend, { User });
  await sql`create table notes (user_id integer references users (id) deferrable initially deferred)`.execute(
    db.kysely,
  );
  const app = new App({ logger: false });
  app.use(db);
  app.post('/', { params: { session: db.session }, status: 201 }, async ({ session }) => {
    await sql`insert into notes values (99)`.execute(session);
  });
  await using client = await testClient(app);
  assert.equal((await client.post('/')).status, 409);
  assert.deepEqual((await sql`select * from notes`.execute(db.kysely)).rows, []);
});

onEvery('what a client that left had begun is rolled back', async (backend) => {
  const db = await makeDatabase(backend, { User });
  const app = new App({ logger: false });
  app.use(db);
  const { promise: inserted, resolve: tell } = Promise.withResolvers<void>();
  app.post('/', {}, async () => {
    await User.create({ name: 'Ada' });
    tell();
    await pause(60);
    return 'too late';
  });
  const address = new URL(await app.listen({ port: 0 }));
  try {
    const socket = connect(Number(address.port), address.hostname);
    socket.write('POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n');
    await inserted;
    socket.destroy();
    await until('no request is open', () => assert.equal(app.openRequests, 0));
    assert.equal(await User.count(), 0);
    await User.create({ name: 'the next' });
  } finally {
    await app.close();
  }
});

onEvery('an app starts and stops with its database as often as it likes', async (backend) => {
  const url = await backend.url();
  const db = database({ url, models: { User } });
  const app = new App({ logger: false });
  app.use(db, { createSchema: true });
  app.post('/', { params: { name: z.string() }, response: User.schema }, ({ name }) => User.create({ name }));
  for (const name of ['first', 'second']) {
    await using client = await testClient(app);
    assert.equal((await client.post('/', { query: { name } })).status, 200);
  }
  assert.equal(db.current(), undefined);
});

onEvery('refuses statements that begin or end transactions by themselves', async (backend) => {
  await using db = await makeDatabase(backend, { User });
  for (const text of ['begin', 'COMMIT', ' rollback', 'start transaction', 'end'])
    await assert.rejects(sql.raw(text).execute(db.kysely), { code: 'CORTADO_DB_TRANSACTION' });
});

onEvery('a statement ends with its signal, and its session goes on to be rolled back', async (backend) => {
  await using db = await makeDatabase(backend, { User });
  const slow =
    backend.kind === 'postgres'
      ? sql`select pg_sleep(30)`
      : sql`with recursive c(n) as (select 1 union all select n + 1 from c where n < 50000000) select max(n) from c`;
  const begun = performance.now();
  await assert.rejects(
    db.transaction(
      async (session) => {
        await User.create({ name: 'Ada' });
        await slow.execute(session);
      },
      { signal: AbortSignal.timeout(60) },
    ),
    { name: 'TimeoutError' },
  );
  assert.ok(performance.now() - begun < 5000);
  assert.equal(await User.count(), 0);
  await User.create({ name: 'Ada' });
});

test('PostgreSQL: a cancelled statement really ends there', async () => {
  await using db = await makeDatabase(postgres, { User }, { pool: { max: 1 } });
  const signal = AbortSignal.timeout(50);
  await assert.rejects(
    db.transaction((session) => sql`select pg_sleep(20)`.execute(session), { signal }),
    { name: 'TimeoutError' },
  );
  // The only connection is free again long before the statement would have ended.
  assert.equal(await User.count(), 0);
});

test('PostgreSQL: a pool of 10 and 200 requests at once: some wait, some get a 503, none hangs', async () => {
  const db = await makeDatabase(postgres, { User }, { pool: { max: 10, timeout: 300 } });
  const app = new App({ logger: false });
  app.use(db);
  app.get('/', { params: { session: db.session } }, async ({ session }) => {
    // So long that they wait for each other also where they come slowly.
    await sql`select pg_sleep(0.2)`.execute(session);
    return 'done';
  });
  const address = await app.listen({ port: 0 });
  try {
    const begun = performance.now();
    const answers = await Promise.all(
      Array.from({ length: 200 }, async () => {
        const response = await fetch(address);
        return { status: response.status, retry: response.headers.get('retry-after'), text: await response.text() };
      }),
    );
    const took = performance.now() - begun;
    const refused = answers.filter(({ status }) => status === 503);
    assert.ok(answers.every(({ status }) => status === 200 || status === 503));
    assert.ok(refused.length > 0 && refused.length < 200, `${refused.length} were refused`);
    assert.ok(refused.every(({ retry, text }) => retry === '1' && !/connection|pool|postgres/i.test(text)));
    assert.ok(took < 20_000, `it took ${took} ms`);
    assert.equal((await fetch(address)).status, 200);
  } finally {
    await app.close();
  }
});

test('PostgreSQL: a serialisation failure is a typed error, and retries get past it', async () => {
  await using db = await makeDatabase(postgres, { User });
  await sql`create table counter (n integer)`.execute(db.kysely);
  await sql`insert into counter values (0)`.execute(db.kysely);
  // Both have read before one of them writes, so only one of them can have been first.
  let arrived = 0;
  const { promise: both, resolve: go } = Promise.withResolvers<void>();
  const increment = (retries: number): Promise<void> =>
    db.transaction(
      async (session) => {
        const { rows } = await sql<{ n: number }>`select n from counter`.execute(session);
        if (++arrived === 2) go();
        await both;
        await sql`update counter set n = ${rows[0]!.n + 1}`.execute(session);
      },
      { isolation: 'serializable', retries },
    );
  const outcomes = await Promise.allSettled([increment(0), increment(0)]);
  const failed = outcomes.filter((outcome) => outcome.status === 'rejected');
  assert.equal(failed.length, 1);
  assert.deepEqual([failed[0]!.reason.code, failed[0]!.reason.status], ['CORTADO_DB_CONFLICT', 503]);
  await Promise.all([1, 2, 3, 4].map(() => increment(20)));
  assert.deepEqual((await sql`select n from counter`.execute(db.kysely)).rows, [{ n: 5 }]);
});

test('PostgreSQL: a session with repeatable read sees the same throughout', async () => {
  const db = await makeDatabase(postgres, { User });
  const app = new App({ logger: false });
  app.use(db);
  const steady = db.sessionWith({ isolation: 'repeatable read', readOnly: true });
  app.get('/', { params: { session: steady } }, async ({ session }) => {
    const count = async (): Promise<number> => (await session.selectFrom('users').select('id').execute()).length;
    const before = await count();
    await sql`insert into users (name) values ('meanwhile')`.execute(db.kysely);
    await assert.rejects(session.deleteFrom('users').execute(), { code: 'CORTADO_DB_READ_ONLY' });
    return before;
  });
  app.get('/again', { params: { session: steady } }, async () => [await User.count(), await User.count()]);
  await using client = await testClient(app);
  assert.equal(await (await client.get('/')).json(), 0);
  assert.deepEqual(await (await client.get('/again')).json(), [1, 1]);
});

test('PostgreSQL: functions with effects are part of the transaction, in a session that otherwise reads', async () => {
  await using db = await makeDatabase(postgres, { User });
  await db.transaction(async (session) => {
    await sql`select set_config('app.tenant', 'a', true)`.execute(session);
    const { rows } = await sql<{ tenant: string }>`select current_setting('app.tenant', true) as tenant`.execute(
      session,
    );
    assert.equal(rows[0]!.tenant, 'a');
  });
});

test('PostgreSQL: a table that changes shape while its statements are prepared is read as it is now', async () => {
  await using db = await makeDatabase(postgres, { User });
  await sql`create table t (a integer)`.execute(db.kysely);
  const read = async (): Promise<unknown> => (await sql`select * from t`.execute(db.kysely)).rows;
  await sql`insert into t values (1)`.execute(db.kysely);
  assert.deepEqual(await read(), [{ a: 1 }]);
  await sql`alter table t add column b text default 'x'`.execute(db.kysely);
  assert.deepEqual(await read(), [{ a: 1, b: 'x' }]);
});

test('PostgreSQL: connections that are lost while idle are replaced', async () => {
  await using _ = await makeDatabase(postgres, { User });
  const server = await postgresServer();
  await User.create({ name: 'Ada' });
  await server.run(`select pg_terminate_backend(pid) from pg_stat_activity where datname like 'test_%'`);
  await until('another connection serves', async () => assert.equal(await User.count(), 1));
});

test('PostgreSQL: a failing statement fails the same way the second time', async () => {
  await using db = await makeDatabase(postgres, { User });
  for (const _ of [1, 2])
    await assert.rejects(sql`select * from nowhere`.execute(db.kysely), { code: 'CORTADO_DB_QUERY' });
  for (const _ of [1, 2])
    await assert.rejects(sql`select 1/${0}::int`.execute(db.kysely), coded('CORTADO_DB_QUERY', 'division by zero'));
});

const unusable: [string, ErrorCode, ...names: string[]][] = [
  ['mysql://x/y', 'CORTADO_DB_URL', '"mysql:"'],
  ['', 'CORTADO_DB_URL'],
  ['sqlite:', 'CORTADO_DB_URL', 'sqlite:'],
  ['sqlite:/no/such/folder/app.db', 'CORTADO_DB_UNREACHABLE', 'sqlite:/no/such/folder/app.db'],
  ['postgres://user:hunter2@127.0.0.1:1/app', 'CORTADO_DB_UNREACHABLE', 'postgres://127.0.0.1:1/app', 'ECONNREFUSED'],
];
for (const [url, code, ...names] of unusable) {
  test(`"${url}" is one clear line at start, without the password`, async () => {
    await assert.rejects(
      async () => {
        const app = new App({ logger: false });
        app.use(database({ url }));
        await testClient(app);
      },
      (error: Error) => {
        assert.doesNotMatch(error.message, /hunter2|\n/);
        return coded(code, ...names)(error);
      },
    );
  });
}

test('PostgreSQL: a connection that breaks while a statement runs fails that, and nothing else', async () => {
  const db = await makeDatabase(postgres, { User }, { pool: { max: 1 } });
  const outcome = db.kysely.selectFrom(sql`pg_sleep(30)`.as('s')).selectAll().execute();
  const failed = assert.rejects(outcome, { code: 'CORTADO_DB_UNREACHABLE' });
  const server = await postgresServer();
  for (let tries = 0; tries < 100; tries++) {
    await server.run(
      `select pg_terminate_backend(pid) from pg_stat_activity where query like '%pg_sleep(30)%' and pid <> pg_backend_pid()`,
    );
    if ((await Promise.race([failed.then(() => 'over'), pause(50)])) === 'over') break;
  }
  await failed;
  assert.equal(await User.count(), 0);
  await db.close();
});
