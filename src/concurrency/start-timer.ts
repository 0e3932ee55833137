import { CortadoError } from '../base/error.ts';

// What setTimeout can count to; it takes more for 1 ms.
const longest = 2 ** 31 - 1;

/** A timer that counts on for as long as it takes. */
export class Timer {
  readonly #fn: () => void;
  #rest: number;
  #timeout: NodeJS.Timeout | undefined;

  constructor(ms: number, fn: () => void) {
    this.#fn = fn;
    this.#rest = ms;
    this.#wait();
  }

  stop(): void {
    clearTimeout(this.#timeout);
  }

  #wait(): void {
    const step = Math.min(this.#rest, longest);
    this.#rest -= step;
    this.#timeout = setTimeout(this.#rest > 0 ? () => this.#wait() : this.#fn, step);
  }
}

/** Calls `fn` in `ms` milliseconds, however many those are: never for `Infinity`. */
export function startTimer(ms: number, fn: () => void): Timer | undefined {
  return ms === Number.POSITIVE_INFINITY ? undefined : new Timer(ms, fn);
}

/** Throws where something is no time in milliseconds. */
export function checkTime(owner: string, ms: number): void {
  if (typeof ms !== 'number' || Number.isNaN(ms))
    throw new CortadoError('CORTADO_OPTION_INVALID', `${owner}: expected milliseconds, not ${String(ms)}.`);
}
