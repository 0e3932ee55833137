import { CortadoError } from '../base/error.ts';
import { currentEnding, innerFrame, runInFrame } from './frame.ts';
import type { Work } from './gather.ts';
import { linkedController } from './linked-controller.ts';
import { checkTime, startTimer } from './timer.ts';

/**
 * Runs a function with a time limit. Its signal fires at the limit, and the wait ends there even if the function does not heed it.
 *
 * @param ms Milliseconds; `Infinity` for no limit.
 * @throws CortadoError `CORTADO_TIMEOUT` (504 in a request).
 * @example
 * ```ts
 * const quote = await timeout(500, (signal) => fetch(url, { signal }));
 * ```
 */
export async function timeout<T>(ms: number, work: Work<T>): Promise<T> {
  checkTime('timeout()', ms);
  const { controller, unlink } = linkedController(currentEnding());
  const { signal } = controller;
  signal.throwIfAborted();
  const { promise: ended, reject } = Promise.withResolvers<never>();
  signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  const timer = startTimer(ms, () =>
    controller.abort(new CortadoError('CORTADO_TIMEOUT', `Not done within ${ms} ms`, { status: 504 })),
  );
  try {
    const run = async (): Promise<T> => work(signal);
    return await Promise.race([runInFrame(innerFrame(signal), run), ended]);
  } finally {
    timer.stop();
    unlink();
  }
}
