import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import { type Kysely, sql } from 'kysely';
import { z } from 'zod';
import { column, type Database, model, primaryKey, type Session } from '../../src/db/index.ts';
import { App, gather } from '../../src/index.ts';
import { testClient } from '../../src/testing/index.ts';
import { coded } from '../support/coded.ts';
import { makeDatabase, onEvery } from './support/backends.ts';

class Tag extends model('tags', {
  id: primaryKey(),
  name: column(z.string(), { unique: true }),
  size: z.int().default(0),
}) {}

type Tables = { tags: { name: string } };
const add = (name: string): Promise<Tag> => Tag.create({ name });
const through = (kysely: unknown, name: string): Promise<unknown> =>
  (kysely as Kysely<Tables>).insertInto('tags').values({ name }).execute();
const fail = async (): Promise<never> => {
  throw new Error('on purpose');
};
const oops = async (name: string): Promise<never> => {
  await add(name);
  await pause(2);
  return fail();
};

interface Flow {
  readonly what: string;
  readonly run: (session: Session<never>, db: Database<never>) => Promise<unknown>;
  /** What is there after the commit; a flow that throws leaves nothing. */
  readonly kept: readonly string[];
  readonly throws?: RegExp;
}

/** How each of several ended, in a letter: fulfilled or rejected. */
const ends = async (...work: Promise<unknown>[]): Promise<string> =>
  (await Promise.allSettled(work)).map(({ status }) => status[0]).join('');

const flows: readonly Flow[] = [
  {
    what: 'two transactions, both go well',
    run: async (_, db) =>
      assert.equal(
        await ends(
          db.transaction(() => add('a')),
          db.transaction(() => add('b')),
        ),
        'ff',
      ),
    kept: ['a', 'b'],
  },
  {
    what: 'two transactions, the first fails',
    run: async (_, db) =>
      assert.equal(
        await ends(
          db.transaction(() => oops('a')),
          db.transaction(() => add('b')),
        ),
        'rf',
      ),
    kept: ['b'],
  },
  {
    what: 'two transactions, the second fails, and later than the first',
    run: async (_, db) =>
      assert.equal(
        await ends(
          db.transaction(() => add('a')),
          db.transaction(() => oops('b')),
        ),
        'fr',
      ),
    kept: ['a'],
  },
  {
    what: 'ten transactions, every other one fails',
    run: async (_, db) => {
      const work = Array.from({ length: 10 }, (__, at) =>
        db.transaction(async () => {
          await pause(at % 3);
          await add(`t${at}`);
          if (at % 2 === 1) await fail();
        }),
      );
      assert.equal(await ends(...work), 'frfrfrfrfr');
    },
    kept: ['t0', 't2', 't4', 't6', 't8'],
  },
  {
    what: 'a failure of the database in one of two',
    run: async (_, db) => {
      await add('taken');
      const work = [db.transaction(() => add('taken')), db.transaction(() => add('b'))];
      assert.equal(await ends(...work), 'rf');
    },
    kept: ['b', 'taken'],
  },
  {
    what: 'updateOrCreate of two rows, and twice of one',
    run: async () => {
      const rows = await Promise.all([
        Tag.updateOrCreate({ name: 'a' }, { size: 1 }),
        Tag.updateOrCreate({ name: 'b' }, { size: 1 }),
        Tag.updateOrCreate({ name: 'a' }, { size: 2 }),
      ]);
      assert.deepEqual(
        rows.map(([{ name, size }, made]) => [name, size, made]),
        [
          ['a', 1, true],
          ['b', 1, true],
          ['a', 2, false],
        ],
      );
      assert.equal((await Tag.get({ name: 'a' })).size, 2);
    },
    kept: ['a', 'b'],
  },
  {
    what: 'getOrCreate twice of one row, beside a transaction that fails',
    run: async (_, db) => {
      const made = [Tag.getOrCreate({ name: 'a' }), Tag.getOrCreate({ name: 'a' })];
      assert.equal(
        await ends(
          db.transaction(() => oops('gone')),
          ...made,
        ),
        'rff',
      );
      assert.equal((await Promise.all(made)).filter(([, isNew]) => isNew).length, 1);
    },
    kept: ['a'],
  },
  {
    what: 'gather, of which one fails and the other is cancelled',
    run: async (_, db) => {
      const work = gather([() => db.transaction(() => oops('a')), () => db.transaction(() => add('b'))]);
      await assert.rejects(work, /on purpose/);
      // What was not begun by then may have been written or not; it is told by what it said.
      await Tag.filter({ name: 'b' }).delete();
    },
    kept: [],
  },
  {
    what: 'three deep, side by side at each depth',
    run: async (session, db) => {
      const deep = (name: string, fails: boolean): Promise<void> =>
        db.transaction(async () => {
          await Promise.all([
            add(`${name}1`),
            session.savepoint(async () => {
              await Promise.all([
                add(`${name}2`),
                db.transaction(() => oops(`${name}x`)).catch(() => {}),
                session.transaction().execute((trx) => through(trx, `${name}3`)),
              ]);
            }),
            db.transaction(() => add(`${name}4`)),
          ]);
          if (fails) await fail();
        });
      assert.equal(await ends(deep('a', false), deep('b', true), deep('c', false)), 'frf');
    },
    kept: ['a1', 'a2', 'a3', 'a4', 'c1', 'c2', 'c3', 'c4'],
  },
  {
    what: 'a statement of the session beside a savepoint that is undone',
    run: async (session, db) => {
      const undone = db.transaction(() => oops('gone'));
      await pause(0);
      assert.equal(await ends(undone, through(session, 'a'), add('b'), Tag.count()), 'rfff');
    },
    kept: ['a', 'b'],
  },
  {
    what: 'a statement that is under way when a savepoint begins',
    run: async (session, db) => {
      const first = through(session, 'a');
      assert.equal(
        await ends(
          db.transaction(() => oops('gone')),
          first,
        ),
        'rf',
      );
    },
    kept: ['a'],
  },
  {
    what: 'what goes on in a savepoint after that has failed',
    run: async (_, db) => {
      let late: Promise<unknown> | undefined;
      const work = db.transaction(async () => {
        await add('gone');
        late = pause(20).then(() => add('late'));
        late.catch(() => {});
        await fail();
      });
      await assert.rejects(work, /on purpose/);
      await assert.rejects(late!, { code: 'CORTADO_DB_TRANSACTION' });
      await add('a');
    },
    kept: ['a'],
  },
  {
    what: 'a savepoint inside of one that has failed meanwhile',
    run: async (_, db) => {
      let inner: Promise<unknown> | undefined;
      const work = db.transaction(async () => {
        inner = db.transaction(async () => {
          await add('inner');
          await pause(20);
        });
        inner.catch(() => {});
        const waiting = db.transaction(() => add('waiting'));
        waiting.catch(() => {});
        await pause(5);
        await fail();
      });
      await assert.rejects(work, /on purpose/);
      await assert.rejects(inner!, { code: 'CORTADO_DB_TRANSACTION' });
      await add('a');
    },
    kept: ['a'],
  },
  {
    what: 'a savepoint inside of another that was not awaited',
    run: async (_, db) => {
      const work = db.transaction(async () => {
        const inner = db.transaction(async () => {
          await add('inner');
          await pause(20);
        });
        inner.catch(() => {});
        await pause(5);
      });
      await assert.rejects(work, coded('CORTADO_DB_TRANSACTION', 'await'));
      await add('a');
    },
    kept: ['a'],
  },
  {
    what: 'a savepoint that is still open at the end',
    run: async (_, db) => {
      const inner = db.transaction(async () => {
        await add('inner');
        await pause(100);
      });
      inner.catch(() => {});
      await pause(10);
    },
    kept: [],
    throws: /put "await" before it/,
  },
  {
    what: "Kysely's transaction beside another, and a model inside of it",
    run: async (session) => {
      const one = session.transaction().execute(async (trx) => {
        await through(trx, 'gone');
        await add('gone too');
        await fail();
      });
      const two = session.transaction().execute(async (trx) => {
        await through(trx, 'a');
        await add('b');
      });
      assert.equal(await ends(one, two), 'rf');
    },
    kept: ['a', 'b'],
  },
  {
    what: 'a statement beside startTransaction(), which no frame tells apart',
    run: async (session, db) => {
      const trx = await session.startTransaction().execute();
      await through(trx, 'gone');
      const refused = coded('CORTADO_DB_TRANSACTION', 'startTransaction()');
      await assert.rejects(add('refused'), refused);
      await assert.rejects(
        db.transaction(() => add('refused')),
        refused,
      );
      await trx.rollback().execute();
      const other = await session.startTransaction().execute();
      await through(other, 'b');
      await other.commit().execute();
      await assert.rejects(through(other, 'late'));
      await add('a');
    },
    kept: ['a', 'b'],
  },
  {
    what: 'settings of a transaction inside of a session',
    run: async (session) => {
      const strict = session.transaction().setIsolationLevel('serializable');
      await assert.rejects(
        strict.execute(() => add('refused')),
        { code: 'CORTADO_DB_TRANSACTION' },
      );
      await add('a');
    },
    kept: ['a'],
  },
  {
    what: 'a stream that is open across savepoints',
    run: async (session, db) => {
      for (let at = 0; at < 5; at++) await add(`r${at}`);
      const names: string[] = [];
      const rows = (session as unknown as Kysely<Tables>).selectFrom('tags').select('name').orderBy('name').stream(1);
      for await (const { name } of rows) {
        names.push(name);
        await db.transaction(() => oops('gone')).catch(() => {});
        await db.transaction(() => Tag.filter({ name }).update({ size: 1 }));
      }
      assert.deepEqual(names, ['r0', 'r1', 'r2', 'r3', 'r4']);
    },
    kept: ['r0', 'r1', 'r2', 'r3', 'r4'],
  },
  {
    what: 'a stream that was begun in a savepoint which was undone',
    run: async (session, db) => {
      for (const name of ['r0', 'r1', 'r2']) await add(name);
      const rows = (session as unknown as Kysely<Tables>).selectFrom('tags').select('name').stream(1);
      await assert.rejects(
        db.transaction(async () => {
          await rows.next();
          await fail();
        }),
        /on purpose/,
      );
      await rows.return?.(undefined as never);
      await add('r3');
    },
    kept: ['r0', 'r1', 'r2', 'r3'],
  },
  {
    what: 'a stream of a model inside of a savepoint, that ends early',
    run: async (_, db) => {
      for (const name of ['r0', 'r1', 'r2']) await add(name);
      await db.transaction(async () => {
        for await (const tag of Tag.all().orderBy('name')) {
          await tag.delete();
          break;
        }
      });
    },
    kept: ['r1', 'r2'],
  },
];

for (const { what, run, kept, throws } of flows)
  onEvery(`side by side in one session: ${what}`, async (backend) => {
    await using db = await makeDatabase(backend, { Tag });
    const work = db.transaction((session) => run(session as never, db as never));
    if (throws === undefined) await work;
    else await assert.rejects(work, throws);
    assert.deepEqual(
      (await Tag.all().orderBy('name')).map(({ name }) => name),
      kept,
    );
    // The connection, or the turn to write, is free again.
    await Tag.create({ name: 'after' });
  });

onEvery('side by side in one request: what is undone is not told to others after the commit', async (backend) => {
  const db = await makeDatabase(backend, { Tag });
  const told: string[] = [];
  const app = new App({ logger: false });
  app.use(db);
  app.post('/', { params: { session: db.session } }, async ({ session }) => {
    const undone = db.transaction(async (inner) => {
      inner.afterCommit(() => told.push('undone'));
      await oops('gone');
    });
    await pause(0);
    session.afterCommit(() => told.push('session'));
    const [one, two] = await Promise.allSettled([
      undone,
      db.transaction(async (inner) => {
        inner.afterCommit(() => told.push('kept'));
        await add('a');
      }),
    ]);
    return [one.status, two.status];
  });
  await using client = await testClient(app);
  assert.deepEqual(await (await client.post('/')).json(), ['rejected', 'fulfilled']);
  assert.deepEqual(told, ['session', 'kept']);
  assert.equal(await Tag.count(), 1);
});

onEvery('a savepoint of a session that only reads holds nothing up', async (backend) => {
  await using db = await makeDatabase(backend, { Tag });
  await add('a');
  for (const options of [{ readOnly: true }, { readOnly: true, isolation: 'repeatable read' }] as const)
    await db.transaction(async () => {
      const counts = await Promise.all([db.transaction(() => Tag.count()), db.transaction(() => Tag.count())]);
      assert.deepEqual(counts, [1, 1]);
      await assert.rejects(
        db.transaction(() => add('refused')),
        { code: 'CORTADO_DB_READ_ONLY' },
      );
      assert.equal(await Tag.count(), 1);
    }, options);
});

onEvery('a statement waits for the savepoint of other code as long as for the pool', async (backend) => {
  await using db = await makeDatabase(backend, { Tag }, { pool: { timeout: 100 } });
  await assert.rejects(
    db.transaction(async (session) => {
      const gate = Promise.withResolvers<void>();
      const slow = session.savepoint(() => gate.promise);
      await pause(0);
      // Each waits for the other, which nobody but the clock can tell.
      await assert.rejects(add('waits'), { code: 'CORTADO_DB_POOL', status: 503 });
      const aborted = add('waits too');
      gate.resolve();
      await Promise.all([slow, aborted]);
      await sql`select 1`.execute(session);
      throw new Error('undo');
    }),
    /undo/,
  );
  assert.equal(await Tag.count(), 0);
});

onEvery('getOrCreate names the unique value that is in the way', async (backend) => {
  class Person extends model('people', {
    id: primaryKey(),
    name: z.string(),
    email: column(z.string(), { unique: true }),
  }) {}
  await using _ = await makeDatabase(backend, { Person });
  await Person.create({ name: 'Ada', email: 'a@b.c' });
  await assert.rejects(Person.getOrCreate({ name: 'Bob' }, { email: 'a@b.c' }), {
    code: 'CORTADO_DB_UNIQUE',
    status: 409,
  });
});
