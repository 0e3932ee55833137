import { checkOptions } from '../base/check-options.ts';
import type { AbortListener } from './ending.ts';
import { currentEnding } from './frame.ts';
import { type AbortSource, offAbort, onAbort } from './on-abort.ts';
import { checkTime, Timer } from './timer.ts';

/** Options of {@link sleep}. */
export interface SleepOptions {
  /** Ends the wait early. Default: the signal of the request or task that waits. */
  readonly signal?: AbortSignal;
}

/**
 * Waits without holding up the loop. Python's `asyncio.sleep`, in milliseconds.
 *
 * @param ms Milliseconds; `Infinity` waits for the signal alone.
 * @throws the reason of the signal, when it fires first.
 * @example
 * ```ts
 * await sleep(1000);
 * ```
 */
export function sleep(ms: number, options?: SleepOptions): Promise<void> {
  checkTime('sleep()', ms);
  if (options !== undefined) checkOptions('sleep()', options, ['signal']);
  const source = options?.signal ?? currentEnding();
  if (source?.aborted) return Promise.reject(source.reason);
  return new Promise((resolve, reject) => new Wait(ms, source, resolve, reject));
}

/** One wait. Ten thousand requests may each be in one, so it is its own timer and listener. */
class Wait extends Timer implements AbortListener {
  readonly #source: AbortSource | undefined;
  readonly #resolve: () => void;
  readonly #reject: (reason: unknown) => void;

  constructor(ms: number, source: AbortSource | undefined, resolve: () => void, reject: (reason: unknown) => void) {
    super(ms);
    this.#source = source;
    this.#resolve = resolve;
    this.#reject = reject;
    if (source !== undefined) onAbort(source, this);
  }

  onAbort(reason: unknown): void {
    this.stop();
    this.#reject(reason);
  }

  protected override onTime(): void {
    if (this.#source !== undefined) offAbort(this.#source, this);
    this.#resolve();
  }
}
