import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { type Feed, type FeedEvent, type FeedItem, type Follower, feed } from '../../../../src/declare/feed.ts';
import { App, sleep } from '../../../../src/index.ts';
import { testClient } from '../../../../src/testing/index.ts';
import { memoryLog } from '../../../support/memory-log.ts';
import { openRaw } from '../../../support/raw-web-socket.ts';
import { until } from '../../../support/until.ts';

/** A feed of texts, told by hand. Who does not take waits until it asks for more. */
class HandFeed {
  readonly followers = new Set<{
    readonly follower: Follower<string>;
    readonly waiting: FeedItem<string>[];
    stopped: boolean;
  }>();
  /** Told to whoever follows before `follow` has returned. */
  first: FeedItem<string> | undefined;
  #places = 0;

  readonly feed: Feed<string> = {
    [feed]: {
      after: () => this.feed,
      follow: (follower) => {
        const entry = { follower, waiting: [] as FeedItem<string>[], stopped: false };
        this.followers.add(entry);
        if (this.first !== undefined) follower.take(this.first);
        return {
          resume: () => {
            entry.stopped = false;
            this.#pass(entry);
          },
          close: () => void this.followers.delete(entry),
        };
      },
    },
    async *[Symbol.asyncIterator]() {},
  };

  event(data: string): FeedEvent<string> {
    const place = String(++this.#places);
    return { type: 'event', id: place, place, data, made: new Map() };
  }

  tell(item: FeedItem<string>): void {
    for (const entry of this.followers) {
      entry.waiting.push(item);
      this.#pass(entry);
    }
  }

  #pass(entry: { readonly follower: Follower<string>; readonly waiting: FeedItem<string>[]; stopped: boolean }): void {
    while (!entry.stopped && entry.waiting.length > 0)
      if (!entry.follower.take(entry.waiting.shift()!)) entry.stopped = true;
  }
}

test('a feed is sent in order, as it is or by a map, framed once for all that have the same route', async () => {
  const app = new App({ logger: false });
  const hand = new HandFeed();
  const plain = app.socket('/plain', (_, socket) => socket.pipe(hand.feed));
  const Said = z.object({ said: z.string() });
  const mapped = app.socket('/mapped', { outgoing: Said }, (_, socket) =>
    socket.pipe(hand.feed, ({ data }) => (data === 'b' ? undefined : { said: data })),
  );
  await using client = await testClient(app);
  await using one = await client.socket(plain);
  await using two = await client.socket(plain);
  await using three = await client.socket(mapped);
  await until('all follow', () => assert.equal(hand.followers.size, 3));
  const events = ['a', 'b', 'c'].map((text) => hand.event(text));
  for (const event of events) hand.tell(event);
  for (const text of ['a', 'b', 'c']) assert.deepEqual([await one.receive(), await two.receive()], [text, text]);
  assert.deepEqual([await three.receive(), await three.receive()], [{ said: 'a' }, { said: 'c' }]);
  assert.equal(events[0]!.made.size, 1);
  await Promise.all([one.close(), two.close(), three.close()]);
  await client.idle();
  assert.equal(hand.followers.size, 0);
});

test('a feed that has lost events closes its socket with 1013, one that fails with 1011', async () => {
  const log = memoryLog();
  const app = new App({ logger: log.logger });
  const hand = new HandFeed();
  const s = app.socket('/s', (_, socket) => socket.pipe(hand.feed));
  const bad = app.socket('/bad', { outgoing: 'bytes' }, async (_, socket) => {
    void socket.pipe(hand.feed as never);
    for await (const _message of socket);
  });
  await using client = await testClient(app);
  const lagged = await client.socket(s);
  await until('it follows', () => assert.equal(hand.followers.size, 1));
  hand.tell({ type: 'reset', reason: 'lagged', place: '1' });
  assert.equal((await lagged.closed).code, 1013);
  const failing = await client.socket(s);
  await until('it follows', () => assert.equal(hand.followers.size, 1));
  for (const { follower } of hand.followers) follower.end({ error: new Error('the engine failed') });
  assert.equal((await failing.closed).code, 1011);
  const wrong = await client.socket(bad);
  await until('it follows', () => assert.equal(hand.followers.size, 1));
  hand.tell(hand.event('a text'));
  assert.equal((await wrong.closed).code, 1011);
  await client.idle();
  assert.equal(hand.followers.size, 0);
  assert.equal(log.errors().length, 2);
});

test('a feed is followed no more where the socket has closed before, or its first item fails', async () => {
  const app = new App({ logger: false });
  const hand = new HandFeed();
  const seen: string[] = [];
  const late = app.socket('/late', async (_, socket) => {
    await pause(100);
    await socket.pipe(hand.feed);
    seen.push('over');
  });
  const bad = app.socket('/bad', { outgoing: 'bytes' }, (_, socket) => socket.pipe(hand.feed as never));
  await using client = await testClient(app);
  await (await client.socket(late)).close();
  await until('its function is over', () => assert.deepEqual(seen, ['over']), 3000);
  hand.first = hand.event('a text');
  assert.equal((await (await client.socket(bad)).closed).code, 1011);
  await client.idle();
  assert.equal(hand.followers.size, 0);
});

test('a client that takes nothing holds its feed up, and no other one', async () => {
  await using app = new App({ logger: false });
  const hand = new HandFeed();
  app.socket('/s', { maxWaiting: 10_000_000 }, (_, socket) => socket.pipe(hand.feed));
  const address = await app.listen({ port: 0 });
  using slow = await openRaw(address, '/s');
  using fast = await openRaw(address, '/s');
  await until('both follow', () => assert.equal(hand.followers.size, 2));
  slow.socket.pause();
  for (let n = 0; n < 100; n++) {
    hand.tell(hand.event(`${n} ${'x'.repeat(100_000)}`));
    assert.match((await fast.read())!.text, new RegExp(`^${n} `));
  }
  const [behind] = [...hand.followers];
  assert.ok(behind!.waiting.length > 50, `${behind!.waiting.length} events wait in the feed`);
  slow.socket.resume();
  for (let n = 0; n < 100; n++) assert.match((await slow.read())!.text, new RegExp(`^${n} `));
});

test('an iterable is sent beside the loop, outside of its units, and ends with the socket', async () => {
  const app = new App({ logger: false });
  const ended: string[] = [];
  const s = app.socket('/s', async (_, socket) => {
    void socket.pipe(
      (async function* () {
        try {
          for (let n = 0; n < 1000; n++) {
            yield `tick ${n}`;
            await sleep(5);
          }
        } finally {
          ended.push('iterable');
        }
      })(),
    );
    for await (const message of socket) {
      await sleep(30);
      await socket.send(message);
    }
  });
  await using client = await testClient(app);
  const socket = await client.socket(s);
  await socket.send('mine');
  const got: unknown[] = [];
  for (let n = 0; n < 50 && !got.includes('mine'); n++) got.push(await socket.receive());
  assert.ok(got.indexOf('mine') > 2, got.join());
  await socket.drop();
  await until('the iterable has ended', () => assert.deepEqual(ended, ['iterable']));
});
