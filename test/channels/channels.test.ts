import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { sql } from 'kysely';
import { feed } from '../../src/declare/feed.ts';
import { until } from '../support/until.ts';
import { eachSetting, openRooms, take, takeItems } from './support.ts';

const a = { room: 'a' };

eachSetting((setting) => {
  test('a subscriber gets what is published from then on, in order, with the id that publish returned', async () => {
    await using it = await openRooms(setting);
    await it.rooms.publish(a, { n: 0 });
    const feed = it.rooms.subscribe(a);
    const ids = [await it.rooms.publish(a, { n: 1 }), await it.rooms.publish(a, { n: 2 })];
    await it.rooms.publish({ room: 'b' }, { n: 9 });
    const items = await takeItems(feed, 2);
    assert.deepEqual(
      items.map((item) => item.type === 'event' && [item.id, item.data.n]),
      [
        [ids[0], 1],
        [ids[1], 2],
      ],
    );
    assert.equal(new Set(ids).size, 2);
  });

  test('all subscribers of a process get the same frozen object', async () => {
    await using it = await openRooms(setting);
    const feeds = [it.rooms.subscribe(a), it.rooms.subscribe(a), it.rooms.subscribe(a)];
    const taking = feeds.map((one) => takeItems(one, 1));
    await pause(50);
    await it.rooms.publish(a, { n: 1 });
    const [first, ...others] = (await Promise.all(taking)).flat();
    for (const other of others) assert.equal(other, first);
    assert.ok(first?.type === 'event' && Object.isFrozen(first.data));
  });

  test('events of a transaction are sent when it commits, together and in order', async () => {
    await using it = await openRooms(setting);
    const feed = it.rooms.subscribe(a);
    const taking = take(feed, 3);
    await it.db.transaction(async (session) => {
      await it.rooms.publish(a, { n: 1 });
      await sql`insert into notes values ('x')`.execute(session);
      await it.rooms.publish(a, { n: 2 });
      await pause(100);
      await it.rooms.publish(a, { n: 3 });
    });
    assert.deepEqual(await taking, [1, 2, 3]);
  });

  test('events of a transaction that only publishes are sent', async () => {
    await using it = await openRooms(setting);
    const feed = it.rooms.subscribe(a);
    await it.db.transaction(async () => void (await it.rooms.publish(a, { n: 1 })));
    assert.deepEqual(await take(feed, 1), [1]);
  });

  test('events of a transaction that is rolled back are never sent', async () => {
    await using it = await openRooms(setting);
    const feed = it.rooms.subscribe(a);
    const undone = it.db.transaction(async (session) => {
      await it.rooms.publish(a, { n: 1 });
      await sql`insert into notes values ('x')`.execute(session);
      throw new Error('no');
    });
    await assert.rejects(undone, /no/);
    await it.rooms.publish(a, { n: 2 });
    assert.deepEqual(await take(feed, 1), [2]);
  });

  test('events of a savepoint that is undone are never sent, those around it are', async () => {
    await using it = await openRooms(setting);
    const feed = it.rooms.subscribe(a);
    await it.db.transaction(async (session) => {
      await it.rooms.publish(a, { n: 1 });
      const undone = session.savepoint(async () => {
        await it.rooms.publish(a, { n: 2 });
        throw new Error('no');
      });
      await assert.rejects(undone, /no/);
      await session.savepoint(async () => void (await it.rooms.publish(a, { n: 3 })));
    });
    assert.deepEqual(await take(feed, 2), [1, 3]);
  });

  test('a subscriber that comes back with a place gets what it missed, and what follows', async () => {
    await using it = await openRooms(setting);
    const feed = it.rooms.subscribe(a);
    for (let n = 1; n <= 5; n++) await it.rooms.publish(a, { n });
    const items = await takeItems(feed, 5);
    for (const [at, { place }] of items.entries()) {
      const rest = [1, 2, 3, 4, 5].slice(at + 1);
      assert.deepEqual(await take(it.rooms.subscribe(a, { after: place }), rest.length), rest);
    }
    const again = it.rooms.subscribe(a, { after: items[4]!.place });
    await it.rooms.publish(a, { n: 6 });
    assert.deepEqual(await take(again, 1), [6]);
  });

  const bad: readonly (readonly [string, (place: string) => unknown])[] = [
    ['nothing', () => ''],
    ['a word', () => 'x'],
    ['a number alone', (place) => place.split('-')[0]],
    ['a number ahead of the present', (place) => `9007199254740991-${place.split('-')[1]}`],
    ['more digits than a number holds', (place) => `99999999999999999999-${place.split('-')[1]}`],
    ['a negative number', (place) => `-${place}`],
    ['a number with a zero before it', (place) => `0${place}`],
    ['a fraction', (place) => place.replace('-', '.5-')],
    ['another stream', (place) => place.replace(/-.*/, '-AAAAAAAA')],
    ['white space', (place) => ` ${place}`],
    ['a line break', (place) => `${place}\n`],
    ['a long text', (place) => place.repeat(10_000)],
    ['SQL', () => `1' or '1'='1`],
    ['a NUL', (place) => `${place}\0`],
    ['no text', () => 7],
    ['an object', () => ({})],
    ['null', () => null],
  ];
  test('what is no place gets a reset, and then the present', async () => {
    await using it = await openRooms(setting);
    const first = it.rooms.subscribe(a);
    await it.rooms.publish(a, { n: 1 });
    const place = (await takeItems(first, 1))[0]!.place;
    const other = it.rooms.subscribe({ room: 'b' });
    await it.rooms.publish({ room: 'b' }, { n: 1 });
    const elsewhere = (await takeItems(other, 1))[0]!.place;
    const feeds = [...bad.map(([, make]) => make(place)), elsewhere].map((after) =>
      it.rooms.subscribe(a, { after: after as string }),
    );
    await it.rooms.publish(a, { n: 2 });
    for (const [at, feed] of feeds.entries())
      assert.deepEqual(await take(feed, 2), ['unknown', 2], bad[at]?.[0] ?? 'the place of another stream');
    // The place of a reset is one that can be come back to.
    const [reset] = await takeItems(it.rooms.subscribe(a, { after: 'x' }), 1);
    const back = it.rooms.subscribe(a, { after: reset!.place });
    await it.rooms.publish(a, { n: 3 });
    assert.deepEqual(await take(back, 1), [3]);
  });

  test('what does not fit is refused, and nothing is sent', async () => {
    await using it = await openRooms(setting);
    const feed = it.rooms.subscribe(a);
    const input = { code: 'CORTADO_CHANNEL_INPUT' };
    await assert.rejects(it.rooms.publish(a, { n: 1.5 }), input);
    await assert.rejects(it.rooms.publish(a, {} as never), input);
    await assert.rejects(it.rooms.publish({ room: '' }, { n: 1 }), input);
    await assert.rejects(it.rooms.publish({} as never, { n: 1 }), input);
    await assert.rejects(it.rooms.publish({ room: 'a', more: 1 } as never, { n: 1 }), input);
    await assert.rejects(it.rooms.publish({ room: 'x'.repeat(2000) }, { n: 1 }), input);
    await assert.rejects(it.rooms.publish(a, { n: 1, text: 'x'.repeat(2 ** 21) }), input);
    assert.throws(() => it.rooms.subscribe({ room: '' }), input);
    await it.rooms.publish(a, { n: 2 });
    assert.deepEqual(await take(feed, 1), [2]);
  });

  test('a follower that takes no more is given nothing, and goes on where it was', async () => {
    await using it = await openRooms(setting);
    const subscription = it.rooms.subscribe(a);
    const seen: number[] = [];
    let most = 3;
    const following = subscription[feed].follow({
      take: (item) => {
        if (item.type === 'event') seen.push(item.data.n);
        return seen.length < most;
      },
      end: () => {},
    });
    for (let n = 1; n <= 700; n++) await it.rooms.publish(a, { n });
    await pause(100);
    assert.deepEqual(seen, [1, 2, 3]);
    most = 10_000;
    following.resume();
    await until('all are there', () => assert.equal(seen.length, 700));
    assert.deepEqual(
      seen,
      Array.from({ length: 700 }, (_, at) => at + 1),
    );
    following.close();
    await it.rooms.publish(a, { n: 0 });
    await pause(50);
    assert.equal(seen.length, 700);
  });

  test('subscriptions end as the channels close, and nothing keeps the process alive', async () => {
    const it = await openRooms(setting);
    const loop = (async () => {
      const seen: number[] = [];
      for await (const item of it.rooms.subscribe(a)) if (item.type === 'event') seen.push(item.data.n);
      return seen;
    })();
    await pause(50);
    await it.rooms.publish(a, { n: 1 });
    await pause(300);
    await it.channels.close();
    assert.deepEqual(await loop, [1]);
    await it.db.close();
  });
});
