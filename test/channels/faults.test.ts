import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { sql } from 'kysely';
import { z } from 'zod';
import { Channels } from '../../src/channels/index.ts';
import { feed } from '../../src/declare/feed.ts';
import { startNode } from '../support/program.ts';
import { silent } from '../support/silent-logger.ts';
import { until } from '../support/until.ts';
import { eachSetting, Message, openRooms, roomParams, take, takeItems } from './support.ts';

const a = { room: 'a' };
const subscriber = fileURLToPath(new URL('apps/subscriber.ts', import.meta.url));

eachSetting((setting) => {
  test('a place that is kept no more gets a reset, and one that is kept does not', async () => {
    await using it = await openRooms(setting, { count: 3 });
    const first = it.rooms.subscribe(a);
    for (let n = 1; n <= 5; n++) await it.rooms.publish(a, { n });
    const items = await takeItems(first, 5);
    await until('old ones are dropped', async () => {
      await it.channels['~trim']();
      const back = it.rooms.subscribe(a, { after: items[0]!.place });
      return (await take(back, 1))[0] === 'expired';
    });
    const expired = it.rooms.subscribe(a, { after: items[0]!.place });
    const kept = it.rooms.subscribe(a, { after: items[1]!.place });
    await it.rooms.publish(a, { n: 6 });
    assert.deepEqual(await take(expired, 2), ['expired', 6]);
    assert.deepEqual(await take(kept, 4), [3, 4, 5, 6]);
  });

  test('a follower that is slower than events are kept is told that it lagged, and goes on from the present', async () => {
    await using it = await openRooms(setting, { count: 10 });
    const seen: (number | string)[] = [];
    let isTaking = false;
    const following = it.rooms.subscribe(a)[feed].follow({
      take: (item) => {
        seen.push(item.type === 'event' ? item.data.n : item.reason);
        return isTaking;
      },
      end: () => {},
    });
    for (let n = 1; n <= 600; n++) await it.rooms.publish(a, { n });
    await until('the first is there', () => assert.deepEqual(seen, [1]));
    await until('the others are dropped', async () => {
      await it.channels['~trim']();
      const [item] = await takeItems(it.rooms.subscribe(a, { after: 'x' }), 1);
      return item!.type === 'reset';
    });
    isTaking = true;
    following.resume();
    await until('it is told', () => assert.ok(seen.length >= 2));
    await it.rooms.publish(a, { n: 601 });
    await until('it goes on', () => assert.deepEqual(seen.slice(-1), [601]));
    assert.deepEqual(seen, [1, 'lagged', 601]);
    following.close();
  });

  test('10,000 subscriptions that come and go leave nothing behind', async () => {
    await using it = await openRooms(setting);
    const figure = (): number => it.channels['~readers'].size;
    const round = async (count: number): Promise<void> => {
      const followings = Array.from({ length: count }, () =>
        it.rooms.subscribe(a)[feed].follow({ take: () => true, end: () => {} }),
      );
      await Promise.all(followings.map(({ ready }) => ready));
      for (const following of followings) following.close();
    };
    await round(1000);
    globalThis.gc?.();
    const before = process.memoryUsage().heapUsed;
    for (let n = 0; n < 10; n++) await round(1000);
    globalThis.gc?.();
    const grown = process.memoryUsage().heapUsed - before;
    assert.equal(figure(), 0);
    // Without --expose-gc nothing of it is sure.
    if (globalThis.gc !== undefined) assert.ok(grown < 4_000_000, `${grown} bytes`);
  });

  test('who watches presence is told who comes and goes', async () => {
    const { db, options } = await setting.make();
    await using channels = new Channels({ log: silent, ...options });
    const member = z.object({ user: z.string() });
    const rooms = channels.channel('rooms', { params: roomParams, event: Message, member });
    const come = (user: string) =>
      rooms.subscribe(a, { as: { user } })[feed].follow({ take: () => true, end: () => {} });
    const ada = come('ada');
    const watching = rooms.watchPresence(a);
    assert.deepEqual((await watching.next()).value?.present, [{ user: 'ada' }]);
    const bob = come('bob');
    assert.deepEqual((await watching.next()).value, {
      joined: [{ user: 'bob' }],
      left: [],
      present: [{ user: 'ada' }, { user: 'bob' }],
    });
    ada.close();
    assert.deepEqual((await watching.next()).value?.left, [{ user: 'ada' }]);
    const last = watching.next();
    await channels.close();
    assert.equal((await last).done, true);
    bob.close();
    await db.close();
  });

  test('of 1,000 subscriptions in one turn, the bad ones fail alone', async () => {
    const { db, options } = await setting.make();
    await using channels = new Channels({ log: silent, ...options });
    const member = z.object({ user: z.string() });
    const rooms = channels.channel('rooms', { params: roomParams, event: Message, member });
    let refused = 0;
    const seen: unknown[][] = [];
    for (let n = 0; n < 1000; n++) {
      const bad = n % 100 === 7;
      try {
        const room = n % 100 === 8 ? '' : `r${n % 3}`;
        const items: unknown[] = [];
        const one = rooms.subscribe(
          { room },
          { as: { user: (bad ? n : 'u') as string }, ...(n % 100 === 9 && { after: 'x' }) },
        );
        one[feed].follow({ take: (item) => items.push(item) > 0, end: () => {} });
        seen.push(items);
      } catch {
        refused++;
      }
    }
    assert.equal(refused, 20);
    for (const room of ['r0', 'r1', 'r2']) await rooms.publish({ room }, { n: 1 });
    await until('all others have it', () => {
      assert.equal(seen.filter((items) => items.length === 1).length, 970);
      assert.equal(seen.filter((items) => items.length === 2).length, 10);
    });
    assert.deepEqual(await rooms.present({ room: 'r0' }), [{ user: 'u' }]);
    await channels.close();
    await db.close();
  });

  test('an event that a subscriber cannot bear fails that one alone', async () => {
    await using it = await openRooms(setting);
    const others = Array.from({ length: 1000 }, () => {
      const seen: unknown[] = [];
      it.rooms.subscribe(a)[feed].follow({ take: (item) => seen.push(item) > 0, end: () => {} });
      return seen;
    });
    let failure: unknown;
    it.rooms.subscribe(a)[feed].follow({
      take: () => {
        throw new Error('unbearable');
      },
      end: (why) => {
        failure = why?.error;
      },
    });
    const ready = it.rooms.subscribe(a)[feed].follow({ take: () => true, end: () => {} });
    await ready.ready;
    await it.rooms.publish(a, { n: 1 });
    await until('all others have it', () => assert.ok(others.every((seen) => seen.length === 1)));
    assert.match(String(failure), /unbearable/);
  });
});

eachSetting(
  (setting) => {
    test('a transaction that is held open holds up nobody, and its events come when it commits', async () => {
      await using it = await openRooms(setting);
      const taking = take(it.rooms.subscribe(a), 4);
      const { promise: held, resolve: release } = Promise.withResolvers<void>();
      const long = it.db.transaction(async () => {
        await it.rooms.publish(a, { n: 3 });
        await held;
      });
      await it.rooms.publish(a, { n: 1 });
      await it.db.transaction(async () => void (await it.rooms.publish(a, { n: 2 })));
      release();
      await long;
      await it.rooms.publish(a, { n: 4 });
      assert.deepEqual(await taking, [1, 2, 3, 4]);
    });

    test('members of another process are seen, and gone within seconds when it is killed', async () => {
      const { db, options } = await setting.make();
      await using channels = new Channels(options);
      const rooms = channels.channel('rooms', {
        params: roomParams,
        event: Message,
        member: z.object({ user: z.string() }),
      });
      await channels.open();
      await using other = startNode([
        subscriber,
        db['~location'].kind === 'sqlite' ? `sqlite:${db['~location'].path}` : db['~location'].url,
        'ada',
      ]);
      await other.until(/ready/);
      const own = rooms.subscribe(a, { as: { user: 'bob' } })[feed].follow({ take: () => true, end: () => {} });
      const users = async (): Promise<string[]> => (await rooms.present(a)).map(({ user }) => user).sort();
      await until('both are there', async () => assert.deepEqual(await users(), ['ada', 'bob']));
      assert.deepEqual(await rooms.present({ room: 'b' }), []);
      process.kill(other.pid, 'SIGKILL');
      const killedAt = performance.now();
      await until('she is gone', async () => assert.deepEqual(await users(), ['bob']), 10_000);
      assert.ok(performance.now() - killedAt < 8000);
      own.close();
      assert.deepEqual(await users(), []);
      await channels.close();
      await db.close();
    });

    test('events reach another process within a moment', async () => {
      await using it = await openRooms(setting);
      const location = it.db['~location'];
      await using other = startNode([
        subscriber,
        location.kind === 'sqlite' ? `sqlite:${location.path}` : location.url,
        'ada',
      ]);
      await other.until(/ready/);
      const delays: number[] = [];
      for (let n = 1; n <= 20; n++) {
        const from = performance.now();
        await it.rooms.publish(a, { n });
        await other.until(new RegExp(`^${n}$`, 'm'), 3000);
        delays.push(performance.now() - from);
      }
      // Far below the look once a second: the alarm has come.
      assert.ok(delays.sort((x, y) => x - y)[10]! < 500, `${delays}`);
    });
  },
  ['SQLite', 'PostgreSQL'],
);

eachSetting(
  (setting) => {
    test('a subscriber whose alarms are lost gets all within about a second', async () => {
      await using it = await openRooms(setting);
      const taking = takeItems(it.rooms.subscribe(a), 3);
      await it.rooms.publish(a, { n: 1 });
      await cut(it.db, 'listen');
      const from = performance.now();
      // As by a process that has committed, and died before its alarm.
      for (const n of [2, 3])
        await sql`insert into cortado_channel_events (place, id, stream, data, at)
select nextval('cortado_channel_places'), ${`id-${n}`}, 'rooms:{"room":"a"}', ${JSON.stringify({ n })}, 0`.execute(
          it.db.kysely,
        );
      const items = await taking;
      assert.deepEqual(
        items.map((item) => item.type === 'event' && item.data.n),
        [1, 2, 3],
      );
      assert.ok(performance.now() - from < 4000);
    });

    test('subscribers catch up when PostgreSQL is stopped and started again', async () => {
      await using it = await openRooms(setting);
      const feeds = Array.from({ length: 100 }, (_, n) => it.rooms.subscribe({ room: `r${n % 10}` }));
      const taking = feeds.map((one) => take(one, 2, 60_000));
      await pause(200);
      for (let n = 0; n < 10; n++) await it.rooms.publish({ room: `r${n}` }, { n: 1 });
      await setting.server().halt('SIGINT');
      await assert.rejects(it.rooms.publish(a, { n: 0 }));
      await pause(1500);
      await setting.server().start();
      await until('it takes events', async () => void (await it.rooms.publish({ room: 'other' }, { n: 0 })));
      for (let n = 0; n < 10; n++) await it.rooms.publish({ room: `r${n}` }, { n: 2 });
      for (const items of await Promise.all(taking)) assert.deepEqual(items, [1, 2]);
    });

    test('who commits later gets the later place; other rooms wait for nobody', async () => {
      await using it = await openRooms(setting);
      const taking = take(it.rooms.subscribe(a), 2);
      const done: string[] = [];
      const slow = it.db.transaction(async (session) => {
        await it.rooms.publish(a, { n: 1 });
        // It has its place, and takes a while to commit.
        session['~last']({ send: () => pause(500) }, 1);
      });
      await pause(150);
      await Promise.all([
        slow.then(() => done.push('slow')),
        it.rooms.publish(a, { n: 2 }).then(() => done.push('behind it')),
        it.rooms.publish({ room: 'b' }, { n: 3 }).then(() => done.push('elsewhere')),
      ]);
      assert.deepEqual(done, ['elsewhere', 'slow', 'behind it']);
      assert.deepEqual(await taking, [1, 2]);
    });

    test('transactions that publish in the same rooms in another order do not lock each other out', async () => {
      await using it = await openRooms(setting);
      const names = ['r1', 'r2', 'r3', 'r4'];
      await Promise.all(
        Array.from({ length: 60 }, (_, n) =>
          it.db.transaction(async (session) => {
            await sql`insert into notes values ('x')`.execute(session);
            for (const room of n % 2 === 0 ? names : [...names].reverse()) await it.rooms.publish({ room }, { n });
          }),
        ),
      );
    });

    for (const isolation of ['repeatable read', 'serializable'] as const)
      test(`transactions that are ${isolation} publish side by side`, async () => {
        await using it = await openRooms(setting);
        const taking = take(it.rooms.subscribe(a), 21);
        await it.rooms.publish(a, { n: -1 });
        await Promise.all(
          Array.from({ length: 20 }, (_, n) =>
            it.db.transaction(
              async (session) => {
                await sql`select 1`.execute(session);
                await pause(20);
                await it.rooms.publish(a, { n });
              },
              { isolation },
            ),
          ),
        );
        assert.equal(new Set(await taking).size, 21);
      });
  },
  ['PostgreSQL'],
);

async function cut(db: { readonly kysely: object }, words: string): Promise<void> {
  await sql`select pg_terminate_backend(pid) from pg_stat_activity where query ilike ${`%${words}%`} and pid <> pg_backend_pid() and datname = current_database()`.execute(
    db.kysely as never,
  );
}
