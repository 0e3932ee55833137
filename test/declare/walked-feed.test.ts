import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { type FeedEvent, feed, isFeed } from '../../src/declare/feed.ts';
import { walkedFeed } from '../../src/declare/walked-feed.ts';
import { until } from '../support/until.ts';

const event = (n: number): FeedEvent<number> => ({
  type: 'event',
  id: String(n),
  place: String(n),
  data: n,
  made: new Map(),
});

const left: string[] = [];
const numbers = walkedFeed<number>(async function* (after) {
  try {
    for (let n = Number(after ?? 0) + 1; n <= 5; n++) yield event(n);
    if (after === 'x') throw new Error('no place');
  } finally {
    left.push(after ?? '');
  }
});

test('a follower is told each item, pauses, and goes on', async () => {
  assert.ok(isFeed(numbers));
  const seen: number[] = [];
  let hasEnded = false;
  const following = numbers[feed].after('1')[feed].follow({
    take: (item) => item.type === 'event' && seen.push(item.data) !== 2,
    end: () => {
      hasEnded = true;
    },
  });
  await pause(20);
  assert.deepEqual(seen, [2, 3]);
  following.resume();
  await until('it has ended', () => hasEnded);
  assert.deepEqual(seen, [2, 3, 4, 5]);
});

test('a follower that closes is told nothing more, and its generator ends', async () => {
  const seen: number[] = [];
  const following = numbers[feed].after('3')[feed].follow({
    take: (item) => item.type === 'event' && seen.push(item.data) < 1,
    end: () => assert.fail('it has closed'),
  });
  await pause(20);
  following.close();
  await until('the generator has ended', () => left.includes('3'));
  assert.deepEqual(seen, [4]);
});

test('a follower is told what the generator throws; a loop gets it thrown', async () => {
  const failed = numbers[feed].after('x');
  const failure = await new Promise<unknown>((resolve) => {
    failed[feed].follow({ take: () => true, end: (why) => resolve(why?.error) });
  });
  assert.match(String(failure), /no place/);
  await assert.rejects(async () => {
    for await (const _ of failed);
  }, /no place/);
});
