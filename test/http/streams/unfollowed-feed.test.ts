import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type AbortListener, Ending } from '../../../src/concurrency/ending.ts';
import { type Feed, feed } from '../../../src/declare/feed.ts';
import { FeedBody } from '../../../src/http/streams/feed-body.ts';

/** One that tells who listens. */
class HeardEnding extends Ending {
  readonly all = new Set<AbortListener>();

  override add(listener: AbortListener): void {
    this.all.add(listener);
  }

  override remove(listener: AbortListener): void {
    this.all.delete(listener);
  }
}

test('of a feed that cannot be followed nothing stays behind', () => {
  const source: Feed<unknown> = {
    [feed]: {
      after: () => source,
      follow: () => {
        throw new Error('the engine is away');
      },
    },
    async *[Symbol.asyncIterator]() {},
  };
  const ending = new HeardEnding();
  const none = Buffer.alloc(0);
  assert.throws(
    () =>
      new FeedBody(source, {
        encode: () => none,
        head: none,
        placed: () => none,
        ping: { bytes: none, after: 1000 },
        ending,
        failsWhenAborted: false,
      }),
    { message: 'the engine is away' },
  );
  assert.equal(ending.all.size, 0);
});
