import assert from 'node:assert/strict';
import { test } from 'node:test';
import { leastOf, trendOf } from '../../bench/soak/trend.ts';

// Twenty minutes, a value each.
const count = 20;
const seconds = Array.from({ length: count }, (_, at) => at * 60);

/** Noise of a normal distribution, the same for the same seed. */
function noise(seed: number): () => number {
  let state = seed >>> 0;
  const next = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state + 0.5) / 2 ** 32;
  };
  for (let round = 0; round < 10; round++) next();
  return () => Math.sqrt(-2 * Math.log(next())) * Math.cos(2 * Math.PI * next());
}

/** A series of `count` values: a level, what it grows a minute, its noise, and how much of that stays for the next minute. */
function series({ seed = 1, level = 300, growth = 0, spread = 1, memory = 0 }): number[] {
  const draw = noise(seed);
  let hang = 0;
  return Array.from({ length: count }, (_, at) => {
    hang = memory * hang + draw();
    return level + growth * at + spread * hang;
  });
}

const rising = (values: readonly number[]): boolean => trendOf(seconds, values).isRising;
const share = (of: (seed: number) => number[]): number =>
  Array.from({ length: 500 }, (_, seed) => rising(of(seed + 1))).filter((is) => is).length / 500;

const tables: readonly (readonly [string, (seed: number) => number[], from: number, to: number])[] = [
  ['flat noise', (seed) => series({ seed }), 0, 0.05],
  ['flat noise with memory, as an allocator has', (seed) => series({ seed, memory: 0.5 }), 0, 0.12],
  [
    'noise with single spikes',
    (seed) => series({ seed }).map((value, at) => (at % 7 === 3 ? value + 80 : value)),
    0,
    0.05,
  ],
  ['a slow leak: its noise each five minutes', (seed) => series({ seed, growth: 0.2 }), 0.9, 1],
  ['a leak of half as much', (seed) => series({ seed, growth: 0.1 }), 0.5, 1],
  [
    'a slow leak under spikes',
    (seed) => series({ seed, growth: 0.3 }).map((v, at) => (at % 7 === 3 ? v + 80 : v)),
    0.8,
    1,
  ],
  ['a leak in steps', (seed) => series({ seed, spread: 0.3 }).map((v, at) => v + 2 * Math.floor(at / 4)), 0.95, 1],
  ['what falls', (seed) => series({ seed, growth: -0.2 }), 0, 0],
];

for (const [name, of, from, to] of tables)
  test(`${name} is called rising in ${from * 100} to ${to * 100} % of 500 series`, () => {
    const found = share(of);
    assert.ok(found >= from && found <= to, `${(found * 100).toFixed(1)} %`);
  });

test('the slope and its interval are those of the leak, whatever single values do', () => {
  const inside = Array.from({ length: 200 }, (_, seed) => {
    const values = series({ seed: seed + 1, growth: 0.6, spread: 2 });
    values[4] = 5000;
    return trendOf(seconds, values);
  }).filter(({ lower, upper }) => lower <= 0.01 && upper >= 0.01).length;
  assert.ok(inside >= 180, String(inside));
});

test('values that never change have no trend', () => {
  const trend = trendOf(
    seconds,
    Array.from({ length: count }, () => 7),
  );
  assert.equal(trend.isRising, false);
});

test('a series too short to tell is refused', () => {
  assert.throws(() => trendOf([1, 2, 3], [1, 2, 3]), /8 values/);
});

test('the least of each window is found, and each value is in one window', () => {
  assert.deepEqual(leastOf([5, 3, 9, 1, 7, 8, 2], 3), [3, 1, 2]);
  assert.deepEqual(leastOf([1, 2, 3, 4], 4), [1, 2, 3, 4]);
});
