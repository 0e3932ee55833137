import { shown } from '../base/check-values.ts';
import { invalidOption } from '../base/error.ts';

// What setTimeout can count to; it takes more for 1 ms.
const longest = 2 ** 31 - 1;

/** A timer that counts on for as long as it takes: forever for `Infinity`. Ten thousand requests may each have one, so it is its own callback. */
export abstract class Timer {
  #rest: number;
  #timeout: NodeJS.Timeout | undefined;

  constructor(ms: number) {
    this.#rest = ms;
    if (ms !== Number.POSITIVE_INFINITY) this.#wait();
  }

  #wait(): void {
    const step = Math.min(this.#rest, longest);
    this.#rest -= step;
    this.#timeout = setTimeout(Timer.#goOn, step, this);
  }

  static #goOn(timer: Timer): void {
    if (timer.#rest > 0) timer.#wait();
    else timer.onTime();
  }

  stop(): void {
    clearTimeout(this.#timeout);
  }

  /** Called when the time has passed. */
  protected abstract onTime(): void;
}

class CallingTimer extends Timer {
  readonly #fn: () => void;

  constructor(ms: number, fn: () => void) {
    super(ms);
    this.#fn = fn;
  }

  protected override onTime(): void {
    this.#fn();
  }
}

/** Calls `fn` in `ms` milliseconds, however many those are: never for `Infinity`. */
export function startTimer(ms: number, fn: () => void): Timer {
  return new CallingTimer(ms, fn);
}

/** Throws where something is no time in milliseconds. */
export function checkTime(owner: string, ms: number): void {
  if (typeof ms !== 'number' || Number.isNaN(ms))
    throw invalidOption(`${owner}: expected milliseconds, not ${shown(ms)}.`);
}
