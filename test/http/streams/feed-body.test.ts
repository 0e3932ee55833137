import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { type Feed, type FeedItem, type Follower, feed } from '../../../src/declare/feed.ts';
import { walkedFeed } from '../../../src/declare/walked-feed.ts';
import { App, eventStream, HttpError, ServerSentEvent } from '../../../src/index.ts';
import { testClient } from '../../../src/testing/index.ts';

const event = <T>(n: number, data: T): FeedItem<T> => ({
  type: 'event',
  id: String(n),
  place: `p${n}`,
  data,
  made: new Map(),
});

/** A feed that fails before anything is sure. */
const failing: Feed<number> = {
  [feed]: {
    after: () => failing,
    follow: (follower: Follower<number>) => {
      const ready = Promise.reject(new HttpError(503, 'away'));
      ready.catch((error: unknown) => follower.end({ error }));
      return { ready, resume: () => {}, close: () => {} };
    },
  },
  async *[Symbol.asyncIterator]() {},
};

const numbers = walkedFeed<number>(async function* (after) {
  if (after !== undefined) yield { type: 'reset', reason: 'expired', place: 'p0' };
  yield event(1, 1);
  yield event(2, 2);
});
const slowly = z.int().refine(async (n) => {
  await new Promise((resolve) => setTimeout(resolve, n === 1 ? 20 : 1));
  return true;
});

const app = new App({ logger: false });
app.get('/feed', { response: eventStream(z.int(), { finishes: true }) }, () => numbers);
app.get('/slow', { response: eventStream(slowly, { finishes: true, retry: 5 }) }, () => numbers);
app.get('/named', { response: eventStream(undefined, { finishes: true }) }, () =>
  walkedFeed(async function* () {
    yield event(1, new ServerSentEvent({ event: 'named', data: 'a' }));
    yield event(2, new ServerSentEvent({ rawData: 'b', id: 'own' }));
  }),
);
app.get('/plain', { response: eventStream(z.int(), { finishes: true, retry: 7 }) }, () => [1]);
app.get('/failing', { response: eventStream(z.int()) }, () => failing);

const streams: readonly (readonly [string, string, Record<string, string>, string])[] = [
  ['a feed', '/feed', {}, 'retry: 2000\n\ndata: 1\nid: p1\n\ndata: 2\nid: p2\n\n'],
  [
    'a feed from a place on',
    '/feed',
    { 'last-event-id': 'x' },
    'retry: 2000\n\nevent: reset\ndata: {"reason":"expired"}\nid: p0\n\ndata: 1\nid: p1\n\ndata: 2\nid: p2\n\n',
  ],
  ['items that are validated asynchronously', '/slow', {}, 'retry: 5\n\ndata: 1\nid: p1\n\ndata: 2\nid: p2\n\n'],
  ['events with a name', '/named', {}, 'retry: 2000\n\nevent: named\ndata: "a"\nid: p1\n\ndata: b\nid: own\n\n'],
  ['items with retry', '/plain', {}, 'retry: 7\n\ndata: 1\n\n'],
];
for (const [what, path, headers, expected] of streams)
  test(`${what}: an event stream as it stands on the wire`, async () => {
    await using client = await testClient(app);
    assert.equal(await (await client.get(path, { headers })).text(), expected);
  });

test('a feed that fails before anything is sure has a status', async () => {
  await using client = await testClient(app);
  assert.equal((await client.get('/failing')).status, 503);
});

test('retry is a whole number of milliseconds', () => {
  assert.throws(() => eventStream(z.int(), { retry: -1 }), { code: 'CORTADO_OPTION_INVALID' });
});
