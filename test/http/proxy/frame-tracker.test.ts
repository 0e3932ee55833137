import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FrameTracker } from '../../../src/http/proxy/frame-tracker.ts';

function frame(size: number, isMasked: boolean): Buffer {
  const mask = isMasked ? 0x80 : 0;
  const head =
    size < 126
      ? Buffer.from([0x82, mask | size])
      : size < 65_536
        ? Buffer.from([0x82, mask | 126, size >> 8, size & 0xff])
        : Buffer.concat([
            Buffer.from([0x82, mask | 127, 0, 0, 0, 0]),
            Buffer.from(new Uint32Array([size]).buffer).reverse(),
          ]);
  return Buffer.concat([head, Buffer.alloc(isMasked ? 4 : 0), Buffer.alloc(size, 0x81)]);
}

for (const isMasked of [false, true])
  for (const piece of [1, 2, 3, 7, 1000, 1_000_000])
    test(`frames ${isMasked ? 'of a client' : 'of a server'} are told apart, in pieces of ${piece} bytes`, () => {
      const sizes = [0, 1, 125, 126, 127, 65_535, 65_536, 0, 3];
      const frames = sizes.map((size) => frame(size, isMasked));
      const ends = new Set(frames.map((_, at) => Buffer.concat(frames.slice(0, at + 1)).length));
      const bytes = Buffer.concat(frames);
      const tracker = new FrameTracker();
      for (let at = 0; at < bytes.length; at += piece) {
        tracker.follow(bytes.subarray(at, at + piece));
        const reached = Math.min(at + piece, bytes.length);
        assert.equal(tracker.isBetween, ends.has(reached), `at ${reached}`);
      }
    });

test('it stops at the first end of a frame when asked to', () => {
  const tracker = new FrameTracker();
  const bytes = Buffer.concat([frame(10, false), frame(5, false)]);
  assert.equal(tracker.followOne(bytes.subarray(0, 4)), 4);
  assert.equal(tracker.isBetween, false);
  assert.equal(tracker.followOne(bytes.subarray(4)), 8);
  assert.equal(tracker.isBetween, true);
});
