import assert from 'node:assert/strict';
import { rename, rm, writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { sql } from 'kysely';
import { z } from 'zod';
import { type Database, database, model, primaryKey } from '../../src/db/index.ts';
import { httpClient } from '../../src/http-client/index.ts';
import { App, health, timeout } from '../../src/index.ts';
import { Queue } from '../../src/queue/index.ts';
import { threads } from '../../src/threads/index.ts';
import { postgres, postgresServer, temporaryFile } from '../db/support/backends.ts';
import { freePort } from '../support/free-port.ts';
import { memoryLog } from '../support/memory-log.ts';
import { redisMissing, startRedis } from '../support/redis-server.ts';
import { type RealResponse, sendRequest } from '../support/send-request.ts';
import { until } from '../support/until.ts';

class Cup extends model('cups', { id: primaryKey(), size: z.int() }) {}

interface Line {
  readonly level: number;
  readonly msg: string;
  readonly cause?: string;
  readonly refused?: number;
}

/** An app on a port, with its log. */
async function startApp(declare: (app: App) => void) {
  const { logger, lines } = memoryLog();
  const app = new App({ logger });
  app.use(health());
  declare(app);
  const address = await app.listen({ port: 0 });
  // On a busy machine the loop may be late, of which the guard tells without an error.
  const loud = (): readonly Line[] => (lines as readonly Line[]).filter((line) => line.level >= 40 && 'err' in line);
  return { app, address, loud, [Symbol.asyncDispose]: () => app.close({ deadline: 0 }).then(() => {}) };
}

type Served = Awaited<ReturnType<typeof startApp>>;

const unavailable = { detail: 'The server cannot answer right now. Try again later.' };

function assertUnavailable(answer: RealResponse): void {
  const { status, headers } = answer;
  assert.deepEqual([status, answer.json(), headers['retry-after'] !== undefined], [503, unavailable, true]);
}

function reaches(status: number, { address }: Served, path: string): Promise<RealResponse> {
  return until(`${path} is ${status}`, async () => {
    const answer = await sendRequest(address, path);
    assert.equal(answer.status, status);
    return answer;
  });
}

function useCups(app: App, db: Database<never>): void {
  app.use(db, { createSchema: true });
  app.get('/write', async () => void (await Cup.create({ size: 1 })));
  app.get('/session', { params: { session: db.session } }, async ({ session }) => {
    await sql`insert into cups (size) values (2)`.execute(session);
  });
  app.get('/read', async () => ({ count: await Cup.count() }));
}

/** What makes a database of cups unusable, and what mends it. */
interface Outage {
  readonly what: string;
  readonly url: () => Promise<string>;
  readonly begin: (url: string, db: Database<never>) => Promise<unknown>;
  /** `undefined` where only a new start helps. */
  readonly end: ((url: string, db: Database<never>) => Promise<unknown>) | undefined;
  readonly readsGoOn: boolean;
  /** What the log says. */
  readonly why: RegExp;
}

const fileOf = (url: string): string => url.slice('sqlite:'.length);
const sqlite = async (): Promise<string> => `sqlite:${await temporaryFile()}`;

const outages: readonly Outage[] = [
  {
    what: 'PostgreSQL is stopped',
    url: postgres.url,
    begin: async () => (await postgresServer()).halt(),
    end: async () => (await postgresServer()).start(),
    readsGoOn: false,
    why: /postgres:\/\/\S+ cannot be reached: /,
  },
  {
    what: 'PostgreSQL lets nobody in any more',
    url: postgres.url,
    begin: async (url) => allow(url, false),
    end: async (url) => allow(url, true),
    readsGoOn: false,
    why: /cannot be reached: /,
  },
  {
    what: 'PostgreSQL has become a server that only reads',
    url: postgres.url,
    begin: (url) => readOnly(url, true),
    end: (url) => readOnly(url, false),
    readsGoOn: true,
    why: /cannot be used: cannot execute INSERT in a read-only transaction/,
  },
  {
    what: 'the file of SQLite was removed',
    url: sqlite,
    begin: (url) => rename(fileOf(url), `${fileOf(url)}.away`),
    end: (url) => rename(`${fileOf(url)}.away`, fileOf(url)),
    readsGoOn: true,
    why: /cannot be used: its file was removed or renamed/,
  },
  {
    what: 'the file of SQLite was replaced',
    url: sqlite,
    begin: async (url) => {
      await rm(fileOf(url));
      await writeFile(fileOf(url), '');
    },
    end: undefined,
    readsGoOn: true,
    why: /cannot be used: its file was replaced by another/,
  },
  {
    what: 'SQLite has no room',
    url: sqlite,
    begin: async (_, db) => {
      await sql`pragma max_page_count = 1`.execute(db.kysely);
      // The pages that there are take some more.
      const fill = (rows: number): Promise<boolean> =>
        sql`insert into cups (size) with recursive n (i) as (select 1 union all select i + 1 from n where i < ${rows}) select 3 from n`
          .execute(db.kysely)
          .then(
            () => true,
            () => false,
          );
      for (const rows of [1000, 100, 10, 1]) for (let n = 0; n < 10_000 && (await fill(rows)); n++);
    },
    end: (_, db) => sql`pragma max_page_count = 100000`.execute(db.kysely),
    readsGoOn: true,
    why: /cannot be used: database or disk is full/,
  },
  {
    what: 'SQLite may not write',
    url: sqlite,
    begin: (_, db) => sql`pragma query_only = 1`.execute(db.kysely),
    end: (_, db) => sql`pragma query_only = 0`.execute(db.kysely),
    readsGoOn: true,
    why: /cannot be used: attempt to write a readonly database/,
  },
];

for (const { what, url: urlOf, begin, end, readsGoOn, why } of outages)
  test(`${what}: 503 with Retry-After, not ready, a line a second, and back by itself`, async () => {
    const url = await urlOf();
    const db = database({ url, models: { Cup } });
    await using served = await startApp((app) => useCups(app, db as never));
    const { address, app, loud } = served;
    for (const path of ['/write', '/session', '/readyz']) assert.equal((await sendRequest(address, path)).status, 200);
    // SQLite's writer looks at its file once a second.
    await pause(1_000);
    await begin(url, db as never);
    // Full pages and rows of one size: the first that does not fit any more.
    await reaches(503, served, '/write');
    const before = performance.now();
    const paths = ['/write', '/session', ...(readsGoOn ? [] : ['/read'])];
    for (let round = 0; round < 10; round++)
      for (const path of paths) assertUnavailable(await sendRequest(address, path));
    if (readsGoOn) assert.equal((await sendRequest(address, '/read')).status, 200);
    const seconds = (performance.now() - before) / 1000;
    const lines = loud();
    assert.ok(lines.length <= 2 + seconds, `${lines.length} lines in ${seconds} s`);
    assert.deepEqual([lines[0]?.level, lines[0]?.cause], [50, 'database-away']);
    assert.match(lines[0]!.msg, why);
    const refused = app.gauges().find(({ name }) => name === 'cortado_requests_refused_total');
    assert.ok(refused!.value >= paths.length * 10);
    // A server that only reads can be asked, so it shows only by those who wrote in vain.
    if (what !== 'PostgreSQL has become a server that only reads') {
      const ready = await sendRequest(address, '/readyz');
      assert.equal(ready.status, 503);
      assert.match(ready.json<{ reasons: string[] }>().reasons[0]!, /^The database \S+ cannot be (reached|used): /);
    }
    assert.equal((await sendRequest(address, '/livez')).status, 200);
    if (end === undefined) return;
    await end(url, db as never);
    for (const path of ['/readyz', '/write', '/session', '/read']) await reaches(200, served, path);
    assert.equal((await sendRequest(address, '/readyz')).status, 200);
  });

test('readiness asks PostgreSQL itself, where nobody else does', async () => {
  const db = database({ url: await postgres.url(), models: { Cup } });
  await using served = await startApp((app) => useCups(app, db as never));
  assert.equal((await sendRequest(served.address, '/readyz')).status, 200);
  await (await postgresServer()).halt();
  await reaches(503, served, '/readyz');
  await (await postgresServer()).start();
  await reaches(200, served, '/readyz');
  assert.deepEqual(served.loud(), []);
});

test('one connection that is ended does not make the app unready', async () => {
  const db = database({ url: await postgres.url(), models: { Cup } });
  await using served = await startApp((app) => useCups(app, db as never));
  for (let round = 0; round < 5; round++) {
    await (await postgresServer()).run(
      `select pg_terminate_backend(pid) from pg_stat_activity where datname <> 'postgres' and pid <> pg_backend_pid()`,
    );
    assert.equal((await sendRequest(served.address, '/readyz')).status, 200);
  }
  await reaches(200, served, '/write');
});

async function allow(url: string, isAllowed: boolean): Promise<void> {
  const name = new URL(url).pathname.slice(1);
  const server = await postgresServer();
  await server.run(`alter database ${name} with allow_connections ${isAllowed}`);
  if (!isAllowed) await server.run(`select pg_terminate_backend(pid) from pg_stat_activity where datname = '${name}'`);
}

async function readOnly(url: string, isOn: boolean): Promise<void> {
  const name = new URL(url).pathname.slice(1);
  const server = await postgresServer();
  await server.run(`alter database ${name} set default_transaction_read_only = ${isOn ? 'on' : 'off'}`);
  await server.run(`select pg_terminate_backend(pid) from pg_stat_activity where datname = '${name}'`);
}

interface Component {
  readonly what: string;
  readonly declare: (app: App) => void;
  readonly status: number;
  readonly detail: string;
  /** What the log says, and the client does not. */
  readonly secret: RegExp;
  readonly requests?: number;
}

const nowhere = await freePort();
const late = 'The server did not answer in time.';

function enqueueing(url: string): (app: App) => void {
  return (app) => {
    const queue = new Queue({ engine: url });
    const task = queue.task('brew', {}, () => 1);
    app.get('/', async () => ({ id: (await task.enqueue({})).id }));
  };
}

const components: readonly Component[] = [
  ...[
    `redis://127.0.0.1:${nowhere}`,
    `celery+redis://127.0.0.1:${nowhere}`,
    `celery+amqp://127.0.0.1:${nowhere}?backend=rpc://`,
  ].map(
    (url): Component => ({
      what: `a queue at ${url.split(':')[0]}`,
      declare: enqueueing(url),
      status: 503,
      detail: unavailable.detail,
      secret: new RegExp(`127.0.0.1:${nowhere}`),
    }),
  ),
  {
    what: 'the time limit of a thread',
    declare: (app) => {
      const pool = threads<typeof import('../support/waits.ts')>(new URL('../support/waits.ts', import.meta.url), {
        threads: 2,
        timeout: 50,
      });
      app.use(pool);
      app.get('/', () => pool.wait(2000));
    },
    status: 504,
    detail: late,
    secret: /waits\.wait\(\) took longer than 50 ms/,
    requests: 2,
  },
  {
    what: 'a time limit in a handler',
    declare: (app) => void app.get('/', () => timeout(20, () => pause(200))),
    status: 504,
    detail: late,
    secret: /Not done within 20 ms/,
  },
  {
    what: 'the time limit of a route',
    declare: (app) => void app.get('/', { timeout: 20 }, () => pause(100)),
    status: 504,
    detail: late,
    secret: /Not answered within 20 ms/,
  },
  {
    what: 'the wait for a task',
    declare: (app) => {
      const queue = new Queue({ engine: 'memory:' });
      app.use(queue, { worker: false });
      const task = queue.task('brew', {}, () => 1);
      app.get('/', async () => (await task.enqueue({})).result({ timeout: 20 }));
    },
    status: 504,
    detail: late,
    secret: /is still queued after 20 ms/,
  },
  {
    what: 'another service that is away',
    declare: (app) => {
      const client = httpClient({ baseUrl: `http://127.0.0.1:${nowhere}` });
      app.get('/', { params: { client } }, ({ client }) => client.get('/beans'));
    },
    status: 502,
    detail: 'An upstream service failed',
    secret: /beans failed: ECONNREFUSED/,
  },
];

for (const { what, declare, status, detail, secret, requests = 6 } of components)
  test(`${what}: the client learns no more than the status, the log has a line a second`, async () => {
    await using served = await startApp(declare);
    const before = performance.now();
    const answers = await Promise.all(Array.from({ length: requests }, () => sendRequest(served.address, '/')));
    for (const answer of answers) {
      assert.deepEqual([answer.status, answer.json()], [status, { detail }]);
      assert.doesNotMatch(answer.text + JSON.stringify(answer.headers), secret);
    }
    const seconds = (performance.now() - before) / 1000;
    const lines = served.loud();
    assert.match(lines[0]!.msg, secret);
    assert.ok(lines.length <= 1 + seconds, `${lines.length} lines in ${seconds} s`);
  });

test('Redis away: not ready while it is, and ready again by itself', { skip: redisMissing() }, async () => {
  await using redis = await startRedis();
  for (const url of [redis.url, `celery+${redis.url}`]) {
    await using served = await startApp((app) => {
      const queue = new Queue({ engine: url });
      app.use(queue);
      const task = queue.task('brew', {}, () => 1);
      app.get('/', async () => ({ id: (await task.enqueue({})).id }));
    });
    await reaches(200, served, '/readyz');
    await redis.stop();
    const { reasons } = (await reaches(503, served, '/readyz')).json<{ reasons: string[] }>();
    assert.match(reasons[0]!, /Redis at \S+ cannot be reached/);
    assertUnavailable(await sendRequest(served.address, '/'));
    await redis.start();
    await reaches(200, served, '/readyz');
    await reaches(200, served, '/');
  }
});
