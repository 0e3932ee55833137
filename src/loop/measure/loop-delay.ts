// Milliseconds between the beats that the delay is read from.
const beatEvery = 25;

// Milliseconds after which what was measured counts for a third only.
const memory = 500;

/**
 * How late the loop is: the wait of a callback that is due, as an average over the last half second. It rises with the first long piece of
 * work, one that still holds up the loop included, and falls again within about a second of a free loop.
 */
export class LoopDelay {
  readonly #most: number;
  #timer: NodeJS.Timeout | undefined;
  #beat = 0;
  #level = 0;

  /** @param most What a single beat counts at most, in milliseconds: a computer that slept for an hour is not late for long. */
  constructor(most: number) {
    this.#most = most;
  }

  start(): void {
    this.#beat = performance.now();
    this.#level = 0;
    this.#timer = setInterval(() => this.#take(), beatEvery).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** Milliseconds; 0 while nothing is measured. */
  get ms(): number {
    return this.#timer === undefined ? 0 : this.#at(performance.now());
  }

  #take(): void {
    const now = performance.now();
    this.#level = this.#at(now);
    this.#beat = now;
  }

  #at(now: number): number {
    const passed = now - this.#beat;
    const late = Math.min(this.#most, Math.max(0, passed - beatEvery));
    return this.#level + (late - this.#level) * (1 - Math.exp(-passed / memory));
  }
}
