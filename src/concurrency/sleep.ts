import { checkOptions } from '../base/check-options.ts';
import { currentFrame } from './frame.ts';
import { onAbort } from './on-abort.ts';
import { checkTime, startTimer } from './start-timer.ts';

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
export function sleep(ms: number, options: SleepOptions = {}): Promise<void> {
  checkTime('sleep()', ms);
  checkOptions('sleep()', options, ['signal']);
  const signal = options.signal ?? currentFrame()?.signal;
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    let forget = (): void => {};
    const stop = startTimer(ms, () => {
      forget();
      resolve();
    });
    if (signal === undefined) return;
    forget = onAbort(signal, (reason) => {
      stop();
      reject(reason);
    });
  });
}
