import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { sql } from 'kysely';
import { z } from 'zod';
import { DatabaseError, database, model, primaryKey } from '../../../src/db/index.ts';
import { App, health } from '../../../src/index.ts';
import { sendRequest } from '../../support/send-request.ts';
import { until } from '../../support/until.ts';
import { postgres } from '../support/backends.ts';

class Cup extends model('broken_cups', { id: primaryKey(), filled: z.date() }) {}

interface Road extends AsyncDisposable {
  readonly url: string;
  /** From now on a connection over which a text is sent breaks there. */
  readonly breakAt: (text: string) => void;
  /** From now on whoever connects is turned away, or left to wait. */
  readonly close: (how: 'refuse' | 'wait') => void;
  readonly open: () => void;
  readonly waiting: () => number;
}

/** A road to PostgreSQL that breaks where it is told to. */
async function startRoad(url: string): Promise<Road> {
  const target = new URL(url);
  let breaking: string | undefined;
  let closed: 'refuse' | 'wait' | undefined;
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    if (closed !== undefined) {
      sockets.add(near.on('error', () => {}));
      if (closed === 'refuse') near.resetAndDestroy();
      return;
    }
    const far = connect(Number(target.port), target.hostname);
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        near.destroy();
        far.destroy();
      });
    }
    near.on('data', (sent) => {
      if (breaking !== undefined && sent.includes(breaking)) near.resetAndDestroy();
      else far.write(sent);
    });
    far.on('data', (answered) => void near.write(answered));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const road = new URL(url);
  road.port = String((server.address() as AddressInfo).port);
  return {
    url: road.href,
    breakAt: (text) => {
      breaking = text;
    },
    waiting: () => (closed === 'wait' ? sockets.size : 0),
    close: (how) => {
      closed = how;
      for (const socket of sockets) socket.destroy();
      sockets.clear();
    },
    open: () => {
      closed = undefined;
      for (const socket of sockets) socket.destroy();
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

const moments: readonly [when: string, text: string][] = [
  ['as a transaction begins', 'begin'],
  ['at a statement that writes', 'insert into "broken_cups"'],
  ['as it is asked what the columns of a table are', 'pg_catalog.pg_attribute'],
  ['at a plain read', 'count('],
  ['as a cursor is declared', 'declare cortado_c1'],
  ['as rows of a cursor are fetched', 'fetch '],
  ['at the commit', 'commit'],
];

for (const [when, text] of moments)
  test(`a connection that breaks ${when} is a 503 that says when to try again`, async () => {
    const url = await postgres.url();
    await using direct = database({ url, models: { Cup } });
    await direct.createSchema();
    await using road = await startRoad(url);
    await using db = database({ url: road.url, models: { Cup } });
    const failures: unknown[] = [];
    const app = new App({ logger: false });
    app.use(db, { drift: 'ignore' });
    app.onError(DatabaseError, (error) => {
      failures.push(error.code);
      throw error;
    });
    app.post('/cups', { params: { session: db.session } }, async ({ session }) => {
      await Cup.create({ filled: new Date(0) });
      const count = await Cup.count();
      for await (const row of session.selectFrom('broken_cups').selectAll().stream(1)) assert.ok(row.filled);
      return count;
    });
    const address = await app.listen({ port: 0 });
    try {
      road.breakAt(text);
      const { status, headers } = await sendRequest(address, '/cups', { method: 'POST' });
      assert.deepEqual([status, headers['retry-after'], failures], [503, '1', ['CORTADO_DB_UNREACHABLE']]);
      road.breakAt('nothing any more');
      assert.equal((await sendRequest(address, '/cups', { method: 'POST' })).json(), 1);
    } finally {
      await app.close({ deadline: 0 });
    }
  });

test('an app whose database is away is not ready while all of its connections are on the way there', async () => {
  await using road = await startRoad(await postgres.url());
  const db = database({ url: road.url, pool: { max: 2 } });
  const app = new App({ logger: false });
  app.use(health());
  app.use(db);
  app.get('/one', { params: { session: db.session } }, async ({ session }) => {
    await sql`select 1`.execute(session);
  });
  const address = await app.listen({ port: 0 });
  const statusOf = async (path: string): Promise<number> => (await sendRequest(address, path)).status;
  try {
    assert.equal(await statusOf('/one'), 200);
    road.close('refuse');
    await until('it is not ready', async () => assert.equal(await statusOf('/readyz'), 503));
    road.close('wait');
    const waiting = Promise.all([statusOf('/one'), statusOf('/one'), statusOf('/one')]);
    await until('all connections wait', () => road.waiting() >= 2);
    // Older answers than a quarter of a second are not given again.
    await pause(300);
    assert.equal(await statusOf('/readyz'), 503);
    road.open();
    await waiting;
    await until('it is ready', async () => assert.equal(await statusOf('/readyz'), 200));
    assert.equal(await statusOf('/one'), 200);
  } finally {
    await app.close({ deadline: 0 });
  }
});
