import { type AbortSource, offAbort, onAbort } from './on-abort.ts';

/**
 * Whether a promise has settled by a limit: within milliseconds, or until `grace` milliseconds after a signal has fired; `undefined` is no
 * limit. It never throws: await the promise itself for what came of it. One that fails later has been heard.
 */
export function settledBy(
  promise: Promise<unknown>,
  limit: number | AbortSource | undefined,
  grace = 0,
): Promise<boolean> {
  return new Promise((resolve) => {
    let timer: NodeJS.Timeout | undefined;
    const giveUpIn = (ms: number): void => {
      timer = setTimeout(resolve, ms, false);
    };
    const listener = { onAbort: () => (grace === 0 ? resolve(false) : giveUpIn(grace)) };
    const settle = (): void => {
      clearTimeout(timer);
      if (typeof limit === 'object') offAbort(limit, listener);
      resolve(true);
    };
    promise.then(settle, settle);
    if (typeof limit === 'number') giveUpIn(limit);
    else if (limit?.aborted) listener.onAbort();
    else if (limit !== undefined) onAbort(limit, listener);
  });
}
