import { runOutsideFrames } from '../../concurrency/frame.ts';

// Milliseconds between looks while the server is away.
const pause = 1_000;
// A look that was made so many milliseconds ago is good enough.
const fresh = 250;

/**
 * Knows whether a server can be reached. It is told of connections that were made, could not be made or broke, looks itself when it is asked
 * or in doubt, and while the server is away once a second. Statements that succeed tell it nothing, so they cost nothing.
 */
export class Reachability {
  readonly #look: () => Promise<boolean>;
  /** Why it cannot be reached. */
  problem: string | undefined;
  #looking: Promise<void> | undefined;
  #lookedAt = Number.NEGATIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  /** @param look Asks the server something, and throws where it does not answer; `false` where there was no way to ask. */
  constructor(look: () => Promise<boolean>) {
    this.#look = look;
  }

  reached(): void {
    this.problem = undefined;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  missed(why: string): void {
    if (this.#isClosed) return;
    this.problem = why;
    this.#timer ??= runOutsideFrames(() =>
      setTimeout(() => {
        this.#timer = undefined;
        void this.check(0);
      }, pause).unref(),
    );
  }

  /** A connection broke: that one alone, or the server is away. */
  doubt(): void {
    if (this.problem === undefined) void this.check(0);
  }

  /** Looks, unless that was done a moment ago; never throws. */
  check(age: number = fresh): Promise<void> {
    if (this.#isClosed || performance.now() - this.#lookedAt < age) return Promise.resolve();
    this.#looking ??= this.#lookNow().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  close(): void {
    this.#isClosed = true;
    this.reached();
  }

  open(): void {
    this.#isClosed = false;
  }

  async #lookNow(): Promise<void> {
    try {
      if (await this.#look()) this.reached();
      // Nothing was learned, so what is known stays, and is looked at again.
      else if (this.problem !== undefined) this.missed(this.problem);
    } catch (error) {
      this.missed((error as Error).message);
    }
    this.#lookedAt = performance.now();
  }
}
