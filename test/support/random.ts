import type { TestContext } from 'node:test';

/**
 * The chance of one test. Its seed is `CORTADO_TEST_SEED` where that is set, else `usual`, else another in each run; where the test fails,
 * the seed is printed, and makes it draw the same again.
 */
export function chance(context: TestContext, usual: number = Date.now() >>> 0): Random {
  const seed = Number(process.env['CORTADO_TEST_SEED'] ?? usual);
  context.after(() => {
    if (!context.passed) context.diagnostic(`CORTADO_TEST_SEED=${seed} makes this test draw the same again`);
  });
  return new Random(seed);
}

/** Numbers that a seed decides. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** A number from 0 up to 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number from 0 up to `end`. */
  below(end: number): number {
    return Math.floor(this.next() * end);
  }

  pick<T>(all: readonly T[]): T {
    return all[this.below(all.length)]!;
  }

  /** The members in another order. */
  shuffled<T>(all: readonly T[]): T[] {
    const left = [...all];
    for (let at = left.length - 1; at > 0; at--) {
      const other = this.below(at + 1);
      [left[at], left[other]] = [left[other]!, left[at]!];
    }
    return left;
  }

  bytes(count: number): Buffer<ArrayBuffer> {
    return Buffer.from(Uint8Array.from({ length: count }, () => this.below(256)));
  }
}
