import { CortadoError } from '../base/error.ts';
import { currentFrame, innerFrame, runInFrame } from './frame.ts';
import type { Work } from './gather.ts';
import { linkedController } from './linked-controller.ts';

/**
 * Runs a function with a time limit. Its signal fires at the limit, and the wait ends there even if the function does not heed it.
 *
 * @param ms Milliseconds.
 * @throws CortadoError `CORTADO_TIMEOUT` (504 in a request).
 * @example
 * ```ts
 * const quote = await timeout(500, (signal) => fetch(url, { signal }));
 * ```
 */
export async function timeout<T>(ms: number, work: Work<T>): Promise<T> {
  const frame = currentFrame();
  const { controller, unlink } = linkedController(frame?.signal);
  const { promise: ended, reject } = Promise.withResolvers<never>();
  // When both are late, the second rejection has nobody left to hear it.
  ended.catch(() => {});
  const onAbort = (): void => reject(controller.signal.reason);
  controller.signal.addEventListener('abort', onAbort, { once: true });
  const timer = setTimeout(
    () => controller.abort(new CortadoError('CORTADO_TIMEOUT', `Not done within ${ms} ms`, { status: 504 })),
    ms,
  );
  try {
    const run = async (): Promise<T> => work(controller.signal);
    return await Promise.race([runInFrame(innerFrame(controller.signal), run), ended]);
  } finally {
    clearTimeout(timer);
    unlink();
  }
}
