import type { Clock } from '../../../src/base/clock.ts';

/** A clock whose wall time a test moves; what has elapsed goes on by itself. */
export class FakeClock implements Clock {
  #now: number;

  constructor(now: number = Date.now()) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  elapsed(): number {
    return performance.now();
  }

  /** Moves the wall time, in either direction. */
  move(ms: number): void {
    this.#now += ms;
  }
}
