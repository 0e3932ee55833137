import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { sql } from 'kysely';
import { type Database, database } from '../../../src/db/index.ts';
import { App } from '../../../src/index.ts';
import { testClient } from '../../../src/testing/index.ts';
import { type PgBouncer, pgBouncerMissing, startPgBouncer } from '../../support/pgbouncer.ts';
import { until } from '../../support/until.ts';
import { postgres, postgresServer } from '../support/backends.ts';

const skip = pgBouncerMissing() ?? false;
const url = await postgres.url();
const bouncer: PgBouncer | undefined = skip === false ? await startPgBouncer(url, 2) : undefined;
after(() => bouncer?.[Symbol.asyncDispose]());

// Each process has a counter of its own, which is what two databases have here.
test('behind PgBouncer, a statement that is prepared never runs as that of another process', { skip }, async () => {
  const options = { url: bouncer!.url, pool: { max: 2 } };
  await using one = database(options);
  await using other = database(options);
  const wrong: unknown[] = [];
  const failures: Error[] = [];
  const ask = async (db: Database<object>, expected: string): Promise<void> => {
    try {
      const { rows } = await sql<{ who: string }>`select ${sql.lit(expected)} as who`.execute(db.kysely);
      if (rows[0]?.who !== expected) wrong.push(rows[0]?.who);
    } catch (error) {
      failures.push(error as Error);
    }
  };
  for (let round = 0; round < 100; round++)
    await Promise.all([ask(one, 'one'), ask(one, 'one'), ask(other, 'other'), ask(other, 'other')]);
  assert.deepEqual(wrong, []);
  assert.ok(failures.length > 0, 'the pooler has mixed the connections');
  for (const { message } of failures)
    assert.match(message, /prepared statement .*database\(\{ url, prepare: false \}\)/);
});

test('behind PgBouncer with prepare: false, sessions, streams and plain statements work', { skip }, async () => {
  await using db = database({ url: bouncer!.url, prepare: false, pool: { max: 4 } });
  const work = async (n: number): Promise<number[]> => {
    const plain = await sql<{ n: number }>`select ${n}::int as n`.execute(db.kysely);
    const inside = await db.transaction((session) => sql<{ n: number }>`select ${n}::int as n`.execute(session));
    const found = [plain.rows[0]!.n, inside.rows[0]!.n];
    await db.transaction(async (session) => {
      const rows = sql<{ n: number }>`(select * from generate_series(1, ${n}::int) as n)`;
      for await (const { n: row } of session.selectFrom(rows.as('s')).selectAll().stream(2)) found.push(row);
    });
    return found;
  };
  const results = await Promise.all(Array.from({ length: 20 }, (_, n) => work(n % 5)));
  for (const [index, found] of results.entries()) {
    const n = index % 5;
    assert.deepEqual(found, [n, n, ...Array.from({ length: n }, (_, row) => row + 1)]);
  }
});

const ways: readonly [string, () => string | undefined][] = [
  ['straight', () => url],
  ['behind PgBouncer', () => bouncer?.url],
];
for (const [way, urlOf] of ways) {
  const slow: readonly [string, (db: Database<object>) => Promise<unknown>][] = [
    ['a statement', (db) => sql`select pg_sleep(20), 'plain'`.execute(db.kysely)],
    [
      'several statements of one connection',
      (db) =>
        db.kysely.connection().execute(async (connection) => {
          const sleeps = [20, 20, 20].map((seconds) => sql`select pg_sleep(${seconds}::int)`.execute(connection));
          await Promise.all(sleeps);
        }),
    ],
    ['a statement of a transaction', (db) => db.transaction((session) => sql`select pg_sleep(20)`.execute(session))],
    [
      'the rows of a stream',
      (db) =>
        db.transaction(async (session) => {
          const rows = sql<{
            n: number;
          }>`select n, pg_sleep(case when n > 3 then 20 else 0 end) from generate_series(1, 9) as n`;
          await Array.fromAsync(session.selectFrom(sql`(${rows})`.as('s')).selectAll().stream(2));
        }),
    ],
  ];
  for (const [what, work] of slow)
    test(`${way}: a route's time limit ends ${what} at the server`, {
      skip: urlOf() === undefined && skip,
    }, async () => {
      await using db = database({ url: urlOf()!, prepare: way === 'straight', pool: { max: 2 } });
      const app = new App({ logger: false });
      app.use(db);
      app.get('/slow', { timeout: 300 }, async () => {
        await work(db as unknown as Database<object>);
      });
      await using client = await testClient(app);
      assert.equal((await client.get('/slow')).status, 504);
      await using observer = database({ url: await observerUrl() });
      const running = async (): Promise<number> => {
        const { rows } = await sql<{ n: number }>`
          select count(*) as n from pg_stat_activity where state = 'active' and query like '%pg_sleep%' and pid <> pg_backend_pid()
            or state = 'active' and query like 'fetch%'`.execute(observer.kysely);
        return rows[0]!.n;
      };
      await until('none of it runs any more', async () => assert.equal(await running(), 0), 5000);
    });
}

test('behind PgBouncer, a statement that waits for a connection when its time is over does not run to its end', {
  skip,
}, async () => {
  await using narrow = await startPgBouncer(url, 1);
  await using other = database({ url: narrow.url, prepare: false });
  const holding = sql`select pg_sleep(2), 'holds the only one'`.execute(other.kysely);
  await using db = database({ url: narrow.url, prepare: false, pool: { max: 1 } });
  const app = new App({ logger: false });
  app.use(db);
  app.get('/slow', { timeout: 300 }, async () => void (await sql`select pg_sleep(20), 'late'`.execute(db.kysely)));
  await using client = await testClient(app);
  assert.equal((await client.get('/slow')).status, 504);
  await holding;
  const before = performance.now();
  await sql`select 1`.execute(db.kysely);
  assert.ok(performance.now() - before < 8000, 'its connection serves again');
});

async function observerUrl(): Promise<string> {
  await postgresServer();
  return url;
}
