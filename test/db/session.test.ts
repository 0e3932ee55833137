import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import { type Kysely, sql } from 'kysely';
import { z } from 'zod';
import { DatabaseError, model, primaryKey, type Session } from '../../src/db/index.ts';
import type { LastStatement } from '../../src/db/session/session.ts';
import { App, dependency, gather, HttpError } from '../../src/index.ts';
import { testClient } from '../../src/testing/index.ts';
import { makeDatabase, onEvery } from './support/backends.ts';

class User extends model('users', { id: primaryKey(), name: z.string(), age: z.int().default(0) }) {}
const named = { name: z.string() };

onEvery('serves both styles on one table', async (backend) => {
  const db = await makeDatabase(backend, { User });
  const app = new App({ logger: false });
  app.use(db, { createSchema: true });
  app.get(
    '/users/{user_id}',
    { params: { user_id: z.int(), session: db.session }, response: User.schema },
    async ({ user_id, session }) => {
      const user = await session.selectFrom('users').selectAll().where('id', '=', user_id).executeTakeFirst();
      if (!user) throw new HttpError(404, 'User not found');
      return user;
    },
  );
  app.post('/users', { params: { user: User.createSchema }, response: User.schema, status: 201 }, ({ user }) =>
    User.create(user),
  );
  app.get('/users', { response: z.array(User.schema) }, () => User.all().orderBy('-id'));
  app.get('/models/{id}', { params: { id: z.int() }, response: User.schema }, (filter) => User.get(filter));
  app.patch(
    '/users/{id}',
    { params: { id: z.int(), changes: User.updateSchema }, response: User.schema },
    async ({ id, changes }) => Object.assign(await User.get({ id }), changes).save(),
  );
  await using client = await testClient(app);
  const made = await client.post('/users', { json: { name: 'Ada', age: 36, id: 99 } });
  assert.equal(made.status, 201);
  assert.deepEqual(await made.json(), { id: 1, name: 'Ada', age: 36 });
  assert.deepEqual(await (await client.get('/users/1')).json(), await made.json());
  assert.equal((await client.get('/users/2')).status, 404);
  assert.deepEqual(await (await client.get('/models/2')).json(), { detail: 'Not Found' });
  assert.equal((await client.post('/users', { json: { name: 'Ada', age: 1.5 } })).status, 422);
  assert.deepEqual(await (await client.patch('/users/1', { json: { name: 'Ada L.' } })).json(), {
    id: 1,
    name: 'Ada L.',
    age: 36,
  });
  await client.post('/users', { json: { name: 'Bob' } });
  assert.deepEqual(await (await client.get('/users')).json(), [
    { id: 2, name: 'Bob', age: 0 },
    { id: 1, name: 'Ada L.', age: 36 },
  ]);
});

onEvery('commits before the answer, and leaves nothing of a handler that throws', async (backend) => {
  const db = await makeDatabase(backend, { User });
  const app = new App({ logger: false });
  app.use(db);
  app.post('/kysely', { params: { ...named, session: db.session } }, async ({ name, session }) => {
    await session.insertInto('users').values({ name }).execute();
    throw new HttpError(409, 'no');
  });
  app.post('/model', { params: named }, async ({ name }) => {
    await User.create({ name });
    throw new Error('late');
  });
  app.post('/good', { params: named }, async ({ name }) => {
    await User.create({ name });
    return { inside: await User.count() };
  });
  await using client = await testClient(app);
  assert.equal((await client.post('/kysely?name=a')).status, 409);
  assert.equal((await client.post('/model?name=b')).status, 500);
  assert.equal(await User.count(), 0);
  assert.deepEqual(await (await client.post('/good?name=c')).json(), { inside: 1 });
  assert.equal(await User.count(), 1);
});

onEvery(
  'a model uses the session that the handler declared, in dependencies and gathered work too',
  async (backend) => {
    const db = await makeDatabase(backend, { User });
    const app = new App({ logger: false });
    app.use(db);
    const writer = dependency(async () => User.create({ name: 'from a dependency' }));
    app.post('/', { params: { session: db.session, writer } }, async ({ session }) => {
      assert.equal(db.current(), session);
      await gather([() => User.create({ name: 'one' }), () => User.create({ name: 'two' })]);
      assert.equal((await session.selectFrom('users').select('id').execute()).length, 3);
      throw new HttpError(400);
    });
    app.get('/', {}, async () => {
      assert.equal(db.current(), undefined);
      await User.count();
      assert.ok(db.current());
    });
    await using client = await testClient(app);
    assert.equal((await client.post('/')).status, 400);
    assert.equal((await client.get('/')).status, 200);
    assert.equal(await User.count(), 0);
    assert.equal(db.current(), undefined);
  },
);

onEvery('a request has one session, whoever asks for it first', async (backend) => {
  const db = await makeDatabase(backend, { User }, { pool: { timeout: 1_000 } });
  const app = new App({ logger: false });
  app.use(db);
  const before = dependency(async () => {
    const user = await User.create({ name: 'before' });
    await db.transaction(() => User.create({ name: 'in a savepoint' }));
    return user;
  });
  const inGuard = dependency(async () => void (await User.create({ name: 'guard' })));
  // The dependency comes first, and declares no session.
  app.post('/fails', { params: { before, session: db.session } }, async ({ session }) => {
    assert.equal(db.current(), session);
    assert.equal((await session.selectFrom('users').select('id').execute()).length, 2);
    await session.insertInto('users').values({ name: 'handler' }).execute();
    throw new HttpError(400);
  });
  app.post('/works', { guards: [inGuard], params: { before, session: db.session } }, async ({ session }) => {
    await session.insertInto('users').values({ name: 'handler' }).execute();
    return User.count();
  });
  await using client = await testClient(app);
  assert.equal((await client.post('/fails')).status, 400);
  assert.equal(await User.count(), 0);
  const worked = await client.post('/works');
  assert.deepEqual([worked.status, await worked.json()], [200, 4]);
  assert.equal(await User.count(), 4);
});

onEvery(
  'a session with settings of its own is another one, and on SQLite only one of a request can write',
  async (backend) => {
    const db = await makeDatabase(backend, { User }, { pool: { timeout: 30_000 } });
    const app = new App({ logger: false });
    app.use(db);
    const strict = db.sessionWith({ isolation: 'serializable' });
    app.post('/model', { params: { strict } }, async ({ strict }) => {
      assert.equal(db.current(), strict);
      return User.create({ name: 'strict' });
    });
    for (const [path, params] of [
      ['/strict-first', { strict, session: db.session }],
      ['/strict-last', { session: db.session, strict }],
    ] as const)
      app.post(path, { params }, async ({ strict, session }) => {
        assert.equal(db.current(), session);
        await strict.insertInto('users').values({ name: 'a' }).execute();
        await session.insertInto('users').values({ name: 'b' }).execute();
      });
    app.post('/model-first', { params: { strict } }, async ({ strict }) => {
      await strict.insertInto('users').values({ name: 'a' }).execute();
      await db.kysely.insertInto('users').values({ name: 'b' }).execute();
    });
    app.onError(DatabaseError, ({ code }) => Response.json({ code }, { status: 500 }));
    await using client = await testClient(app);
    assert.equal((await client.post('/model')).status, 200);
    for (const path of ['/strict-first', '/strict-last', '/model-first']) {
      const { status, json } = await client.post(path);
      if (backend.kind === 'sqlite') assert.deepEqual(await json(), { code: 'CORTADO_DB_DEADLOCK' }, path);
      else assert.equal(status, 200, path);
    }
    assert.equal(await User.count(), backend.kind === 'sqlite' ? 1 : 7);
  },
);

onEvery('db.read reads what is committed and refuses to write', async (backend) => {
  const db = await makeDatabase(backend, { User });
  await User.create({ name: 'Ada' });
  const app = new App({ logger: false });
  app.use(db);
  app.get('/', { params: { read: db.read } }, async ({ read }) => {
    const rows = await read.selectFrom('users').selectAll().execute();
    await assert.rejects(read.insertInto('users').values({ name: 'no' }).execute(), { code: 'CORTADO_DB_READ_ONLY' });
    await assert.rejects(sql`delete from users`.execute(read), { code: 'CORTADO_DB_READ_ONLY' });
    await assert.rejects(
      read
        .with('gone', (db) => db.deleteFrom('users').returningAll())
        .selectFrom('gone')
        .selectAll()
        .execute(),
      {
        code: 'CORTADO_DB_READ_ONLY',
      },
    );
    return rows.length;
  });
  await using client = await testClient(app);
  for (const _ of [1, 2]) assert.equal(await (await client.get('/')).json(), 1);
});

onEvery('db.transaction commits, rolls back, and is a savepoint inside of another', async (backend) => {
  await using db = await makeDatabase(backend, { User });
  const result = await db.transaction(async (session) => {
    await User.create({ name: 'kept' });
    assert.equal(db.current(), session);
    await assert.rejects(
      db.transaction(async (inner) => {
        assert.equal(inner, session);
        await User.create({ name: 'undone' });
        assert.equal(await User.count(), 2);
        throw new Error('inner');
      }),
      /inner/,
    );
    await session.savepoint(() => User.create({ name: 'kept too' }));
    return User.count();
  });
  assert.equal(result, 2);
  await assert.rejects(
    db.transaction(async () => {
      await User.create({ name: 'gone' });
      throw new Error('outer');
    }),
    /outer/,
  );
  assert.deepEqual(
    (await User.all().orderBy('id')).map(({ name }) => name),
    ['kept', 'kept too'],
  );
});

onEvery("Kysely's own transactions and connections work, inside of a session too", async (backend) => {
  await using db = await makeDatabase(backend, { User });
  const add = (kysely: Kysely<{ users: { name: string; age: number } }>, name: string): Promise<unknown> =>
    kysely.insertInto('users').values({ name, age: 1 }).execute();
  const fail = async (trx: Kysely<never>): Promise<void> => {
    await add(trx as never, 'gone');
    throw new Error('undo');
  };
  await db.kysely.transaction().execute((trx) => add(trx as never, 'a'));
  await assert.rejects(db.kysely.transaction().execute(fail as never), /undo/);
  await db.transaction(async (session) => {
    await add(session as never, 'b');
    await session.transaction().execute((trx) => add(trx as never, 'c'));
    await assert.rejects(session.transaction().execute(fail as never), /undo/);
    await session.connection().execute((connection) => add(connection as never, 'd'));
  });
  const controlled = await db.kysely.startTransaction().execute();
  await add(controlled as never, 'e');
  const saved = await controlled.savepoint('here').execute();
  await add(saved as never, 'gone');
  await saved.rollbackToSavepoint('here').execute();
  await controlled.commit().execute();
  assert.deepEqual(
    (await User.all().orderBy('id')).map(({ name }) => name),
    ['a', 'b', 'c', 'd', 'e'],
  );
});

onEvery('afterCommit runs once the rows are there, and never after a rollback', async (backend) => {
  await using db = await makeDatabase(backend, { User });
  const seen: string[] = [];
  let visible: Promise<number> | undefined;
  await db.transaction(async (session) => {
    await User.create({ name: 'Ada' });
    session.afterCommit(() => {
      seen.push('outer');
      visible = db.kysely
        .selectFrom('users')
        .select('id')
        .execute()
        .then((rows) => rows.length);
    });
    await session
      .savepoint(async () => {
        session.afterCommit(() => seen.push('undone'));
        throw new Error('undo');
      })
      .catch(() => {});
    await db.transaction(async (inner) => inner.afterCommit(() => seen.push('inner')));
    assert.deepEqual(seen, []);
  });
  assert.deepEqual(seen, ['outer', 'inner']);
  assert.equal(await visible, 1);
  await db
    .transaction(async (session) => {
      session.afterCommit(() => seen.push('never'));
      throw new Error('undo');
    })
    .catch(() => {});
  assert.equal(seen.length, 2);
});

onEvery('a session that has ended refuses statements', async (backend) => {
  await using db = await makeDatabase(backend, { User });
  const session = await db.transaction(async (open) => open);
  await assert.rejects(session.selectFrom('users').selectAll().execute(), { code: 'CORTADO_DB_TRANSACTION' });
});

onEvery('works with tables that no model declares', async (backend) => {
  await using db = await makeDatabase(backend, { User });
  const raw = db.kysely as unknown as Kysely<{ jobs: { id: string; payload: string } }>;
  await raw.schema
    .createTable('jobs')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('payload', 'text')
    .execute();
  await db.transaction(async (session) => {
    const jobs = session as unknown as typeof raw;
    await jobs.insertInto('jobs').values({ id: 'a', payload: '{}' }).execute();
  });
  assert.deepEqual(await raw.selectFrom('jobs').selectAll().execute(), [{ id: 'a', payload: '{}' }]);
});

onEvery('50 writers at once, each holding its transaction for 2 ms, all succeed', async (backend) => {
  await using db = await makeDatabase(backend, { User });
  const write = (age: number): Promise<void> =>
    db.transaction(async () => {
      const { total } = await db
        .current()!
        .insertInto('users')
        .values({ name: `n${age}`, age })
        .returning((builder) =>
          builder.selectFrom('users').select(builder.fn.countAll<number>().as('total')).as('total'),
        )
        .executeTakeFirstOrThrow();
      await pause(2);
      await User.filter({ name: `n${age}` }).update({ age: Number(total) });
    });
  await Promise.all(Array.from({ length: 50 }, (_, age) => write(age)));
  assert.equal(await User.count(), 50);
});

onEvery('what is laid aside for the end is sent once, last, without what was undone', async (backend) => {
  const db = await makeDatabase(backend, { User });
  await db.createSchema();
  const sent: string[][] = [];
  const last: LastStatement<string> = {
    send: async (session, names) => {
      sent.push([...names]);
      for (const name of names) await sql`insert into users (name, age) values (${name}, 1)`.execute(session);
    },
  };
  await db.transaction(async (session) => {
    session['~beforeCommit'](async () => void sent.push(['first']));
    session['~beforeCommit'](async () => void sent.push(['second']));
    session['~last'](last, 'ada');
    const undone = session.savepoint(async () => {
      session['~last'](last, 'eve');
      throw new Error('undone');
    });
    await assert.rejects(undone, /undone/);
    session['~last'](last, 'bob');
    assert.equal(await User.count(), 0);
  });
  assert.deepEqual(sent, [['first'], ['second'], ['ada', 'bob']]);
  assert.equal(await User.count(), 2);
  let ended: Session<unknown> | undefined;
  const failed = db.transaction(async (session) => {
    ended = session as never;
    session['~last'](last, 'cid');
    throw new Error('no');
  });
  await assert.rejects(failed, /no/);
  assert.throws(() => ended!['~last'](last, 'dan'), /ended/);
  const refused = db.transaction(async (session) => {
    await sql`insert into users (name, age) values ('fay', 1)`.execute(session);
    session['~last']({ send: () => Promise.reject(new Error('refused')) }, 1);
  });
  await assert.rejects(refused, /refused/);
  assert.equal(await User.count(), 2);
  await db.close();
});
