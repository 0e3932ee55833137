import { currentFrame } from './frame.ts';

/** Options of {@link sleep}. */
export interface SleepOptions {
  /** Ends the wait early. Default: the signal of the request or task that waits. */
  readonly signal?: AbortSignal;
}

/**
 * Waits without holding up the loop. Python's `asyncio.sleep`, in milliseconds.
 *
 * @param ms Milliseconds.
 * @throws the reason of the signal, when it fires first.
 * @example
 * ```ts
 * await sleep(1000);
 * ```
 */
export function sleep(ms: number, options: SleepOptions = {}): Promise<void> {
  const signal = options.signal ?? currentFrame()?.signal;
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const onAbort = (): void => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    }, ms);
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}
