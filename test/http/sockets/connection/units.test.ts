import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import { z } from 'zod';
import { database, model, primaryKey } from '../../../../src/db/index.ts';
import { App, type Dependency, dependency, HttpError, query, SocketError } from '../../../../src/index.ts';
import { Queue } from '../../../../src/queue/index.ts';
import { testClient } from '../../../../src/testing/index.ts';
import { type Backend, postgres, sqliteFile } from '../../../db/support/backends.ts';
import { memoryLog } from '../../../support/memory-log.ts';
import { silent } from '../../../support/silent-logger.ts';
import { until } from '../../../support/until.ts';

class Post extends model('posts', { id: primaryKey(), text: z.string() }) {}

/** An app with a database, and a second connection to the same one, which sees what is committed. */
async function make(backend: Backend) {
  const url = await backend.url();
  const db = database({ url, models: { Post } });
  const other = database({ url });
  const log = memoryLog();
  const app = new App({ logger: log.logger });
  app.use(db, { createSchema: true });
  const committed = async (): Promise<string[]> =>
    other.transaction(async (session) => {
      const { rows } = await sql<{ text: string }>`select text from posts order by id`.execute(session);
      return rows.map(({ text }) => text);
    });
  return {
    app,
    db,
    log,
    committed,
    async start() {
      const client = await testClient(app);
      await other.open();
      return client;
    },
    [Symbol.asyncDispose]: () => other.close(),
  };
}

for (const backend of [sqliteFile, postgres]) {
  test(`${backend.name}: a message is committed before its reply is there, by the session and by models alike`, async () => {
    await using made = await make(backend);
    const { app, db, committed } = made;
    const s = app.socket('/s', { each: { session: db.session } }, async (_, socket) => {
      for await (const { message, session } of socket) {
        if (message.startsWith('model')) await Post.create({ text: message });
        else await session.insertInto('posts').values({ text: message }).execute();
        await socket.send(`${message} ${(await committed()).length}`, { now: true });
        await socket.send(message);
      }
    });
    await using client = await made.start();
    await using socket = await client.socket(s);
    const seen: string[] = [];
    for (const text of ['one', 'model two', 'three', 'model four']) {
      await socket.send(text);
      assert.equal(await socket.receive(), `${text} ${seen.length}`);
      assert.equal(await socket.receive(), text);
      seen.push(text);
      assert.deepEqual(await committed(), seen);
    }
  });

  test(`${backend.name}: a unit whose commit fails sends nothing of its own, and closes with the code of that`, async () => {
    await using made = await make(backend);
    const { app, db, log, committed } = made;
    const s = app.socket('/s', { each: { session: db.session } }, async (_, socket) => {
      for await (const { message, session } of socket) {
        await session.insertInto('posts').values({ text: message }).execute();
        await socket.send(message);
        if (message === 'bad') await sql`insert into child (parent) values (7)`.execute(session);
      }
    });
    const commit = dependency({ session: db.session }, async function* () {
      yield 1;
      throw new Error('the commit failed');
    });
    const t = app.socket('/t', { each: { session: db.session, commit } }, async (_, socket) => {
      for await (const { message, session } of socket) {
        await session.insertInto('posts').values({ text: message }).execute();
        await socket.send(message);
      }
    });
    await using client = await made.start();
    await db.transaction(async (session) => {
      await sql`create table parent (id integer primary key)`.execute(session);
      await sql`create table child (parent integer references parent (id) deferrable initially deferred)`.execute(
        session,
      );
    });
    const socket = await client.socket(s);
    await socket.send('good');
    assert.equal(await socket.receive(), 'good');
    await socket.send('bad');
    // A conflict, as of a request.
    await assert.rejects(socket.receive(), { name: 'SocketClosed', code: 4409 });
    assert.deepEqual(await committed(), ['good']);
    const failing = await client.socket(t);
    await failing.send('worse');
    await assert.rejects(failing.receive(), { name: 'SocketClosed', code: 1011, reason: 'Internal Error' });
    assert.deepEqual(await committed(), ['good']);
    assert.deepEqual(
      log.errors().map(({ err }) => err?.message),
      ['the commit failed'],
    );
  });

  test(`${backend.name}: a body that is left early commits when the function has returned, and not when it has thrown`, async () => {
    await using made = await make(backend);
    const { app, db, committed } = made;
    const seen: string[][] = [];
    const s = app.socket(
      '/s',
      { params: { how: query(z.string()) }, each: { session: db.session } },
      async ({ how }, socket) => {
        for await (const { message } of socket) {
          await Post.create({ text: message });
          await socket.send(`sent ${how}`);
          if (how === 'return') return;
          if (how === 'break' || how === 'late') break;
          if (how === 'close') socket.close(4000, 'done');
          if (how === 'throw') throw new SocketError(4001, 'no');
          if (how === 'refuse') throw new HttpError(409, 'taken');
        }
        seen.push(await committed());
        await socket.send('after').catch(() => {});
        if (how === 'late') throw new SocketError(4002, 'too late');
      },
    );
    await using client = await made.start();
    const all: string[] = [];
    for (const [how, said, code, isCommitted] of [
      ['return', ['sent return'], 1000, true],
      ['break', ['sent break', 'after'], 1000, true],
      ['close', ['sent close'], 4000, true],
      ['throw', [], 4001, false],
      ['refuse', [], 4409, false],
      ['late', [], 4002, false],
    ] as const) {
      seen.length = 0;
      const before = [...all];
      if (isCommitted) all.push(how);
      const socket = await client.socket(s, { how });
      await socket.send(how);
      const got: unknown[] = [];
      for await (const message of socket) got.push(message);
      assert.deepEqual([how, got, (await socket.closed).code], [how, said, code]);
      assert.deepEqual(await committed(), all, how);
      if (how === 'break') assert.deepEqual(seen, [before]);
    }
  });

  test(`${backend.name}: outside of units each statement of a model commits by itself`, async () => {
    await using made = await make(backend);
    const { app, db, committed } = made;
    const s = app.socket('/s', { each: { session: db.session } }, async (_, socket) => {
      await Post.create({ text: 'before' });
      await socket.send(String((await committed()).length));
      for await (const { message } of socket) {
        await Post.create({ text: message });
        await socket.send(message);
        throw new SocketError(4000);
      }
    });
    await using client = await made.start();
    const socket = await client.socket(s);
    assert.equal(await socket.receive(), '1');
    await socket.send('in');
    assert.equal((await socket.closed).code, 4000);
    assert.deepEqual(await committed(), ['before']);
  });

  test(`${backend.name}: a task that is enqueued in a unit commits with it, and so does what waits for the commit`, async () => {
    await using made = await make(backend);
    const { app, db } = made;
    const queue = new Queue({ engine: db, log: silent });
    const ran: string[] = [];
    const note = queue.task('note', { params: { text: z.string() } }, ({ text }) => void ran.push(text));
    app.use(queue);
    const heard: string[] = [];
    const s = app.socket('/s', { each: { session: db.session } }, async (_, socket) => {
      for await (const { message, session } of socket) {
        await note.enqueue({ text: message });
        session.afterCommit(() => void heard.push(message));
        if (message === 'bad') throw new SocketError(4000);
        await socket.send(message);
        assert.deepEqual(heard, []);
      }
    });
    await using client = await made.start();
    await using socket = await client.socket(s);
    await socket.send('good');
    assert.equal(await socket.receive(), 'good');
    assert.deepEqual(heard, ['good']);
    await socket.send('bad');
    await socket.closed;
    await until('the task has run', () => assert.deepEqual(ran, ['good']));
    assert.deepEqual(heard, ['good']);
  });
}

test('what is sent leaves in order, laid aside or at once, over many units', async () => {
  const app = new App({ logger: false });
  const unit = dependency(async function* () {
    yield 1;
    await new Promise((resolve) => setImmediate(resolve));
  });
  const s = app.socket('/s', { each: { unit } }, async (_, socket) => {
    for await (const { message } of socket) for (let n = 0; n < 3; n++) await socket.send(`${message}.${n}`);
  });
  await using client = await testClient(app);
  await using socket = await client.socket(s);
  const wanted: string[] = [];
  for (let n = 0; n < 100; n++) {
    await socket.send(String(n));
    wanted.push(`${n}.0`, `${n}.1`, `${n}.2`);
  }
  for (const text of wanted) assert.equal(await socket.receive(), text);
});

test('values of the connection are given to each message, and not made anew', async () => {
  const app = new App({ logger: false });
  let made = 0;
  const closed: string[] = [];
  const user = dependency(function* () {
    made++;
    yield `user ${made}`;
    closed.push('user');
  });
  const greeting = dependency({ user }, ({ user }) => `hello ${user}`);
  const s = app.socket('/s', { params: { user }, each: { user, greeting } }, async (_, socket) => {
    for await (const { user, greeting } of socket) await socket.send(`${user}: ${greeting}`);
  });
  await using client = await testClient(app);
  const socket = await client.socket(s);
  for (let n = 0; n < 3; n++) {
    await socket.send('x');
    assert.equal(await socket.receive(), 'user 1: hello user 1');
    assert.deepEqual(closed, []);
  }
  await socket.close();
  await client.idle();
  assert.deepEqual([made, closed], [1, ['user']]);
});

test('more than may wait, laid aside in one unit, closes with 1013 and rolls back', async () => {
  const app = new App({ logger: false });
  const seen: string[] = [];
  const unit: Dependency<number> = dependency(async function* () {
    try {
      yield 1;
      seen.push('commit');
    } catch (error) {
      seen.push('rollback');
      throw error;
    }
  });
  const s = app.socket('/s', { each: { unit }, maxWaiting: 1000 }, async (_, socket) => {
    for await (const _item of socket) for (let n = 0; n < 20; n++) await socket.send('x'.repeat(100));
  });
  await using client = await testClient(app);
  const socket = await client.socket(s);
  await socket.send('go');
  const { code, reason } = await socket.closed;
  assert.deepEqual([code, reason], [1013, 'Messages are taken too slowly']);
  await client.idle();
  assert.deepEqual(seen, ['rollback']);
});

test('without `each` a loop gets the message itself, and its sends wait for the end of its turn', async () => {
  const app = new App({ logger: false });
  const s = app.socket('/s', async (_, socket) => {
    for await (const message of socket) {
      await socket.send(`later ${message}`);
      await socket.send('now', { now: true });
      if (message === 'throw') throw new SocketError(4000);
    }
  });
  await using client = await testClient(app);
  const socket = await client.socket(s);
  await socket.send('a');
  assert.deepEqual([await socket.receive(), await socket.receive()], ['now', 'later a']);
  await socket.send('throw');
  assert.equal(await socket.receive(), 'now');
  await assert.rejects(socket.receive(), { code: 4000 });
});
