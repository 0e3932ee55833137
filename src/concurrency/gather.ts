import { checkOptions } from '../base/check-options.ts';
import { checkConcurrency, checkWorks } from './check-works.ts';
import { combineFailures } from './combine-failures.ts';
import { currentEnding, innerFrame, runInFrame } from './frame.ts';
import { linkedController } from './linked-controller.ts';

/** One piece of work of a {@link gather}: gets the signal that fires when a sibling fails. */
export type Work<T> = (signal: AbortSignal) => T | Promise<T>;

/** Options of {@link gather}. */
export interface GatherOptions {
  /** Ends all of them. Default: the signal of the request or task that gathers. */
  readonly signal?: AbortSignal;
  /** How many run at once. Default: all. */
  readonly concurrency?: number;
}

/** Works, each with the result that it has in `T`. */
export type Works<T extends readonly unknown[]> = { readonly [K in keyof T]: Work<T[K]> };

/** The results of a list of works, in its order. */
export type Gathered<T extends readonly unknown[]> = { -readonly [K in keyof T]: Awaited<T[K]> };

/**
 * Runs functions side by side and resolves to all results, in order. Python's `TaskGroup`: the first failure aborts the siblings, all
 * are awaited, nothing is left running.
 *
 * @throws the first failure; an `AggregateError` with the first failure as its `cause` when several failed for reasons of their own.
 * @example
 * ```ts
 * const [user, orders] = await gather([() => loadUser(id), (signal) => fetchOrders(id, { signal })]);
 * ```
 */
export async function gather<T extends readonly unknown[] | []>(
  works: Works<T>,
  options: GatherOptions = {},
): Promise<Gathered<T>> {
  checkWorks('gather()', works);
  checkOptions('gather()', options, ['signal', 'concurrency']);
  const { concurrency = works.length } = options;
  if (works.length > 0) checkConcurrency('gather()', concurrency);
  const { controller, unlink } = linkedController(options.signal ?? currentEnding());
  const results: unknown[] = new Array(works.length);
  const failures: unknown[] = [];
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < works.length && !controller.signal.aborted) {
      const index = next++;
      try {
        results[index] = await runInFrame(innerFrame(controller.signal), () => works[index]!(controller.signal));
      } catch (error) {
        failures.push(error);
        controller.abort(error);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, works.length) }, lane));
  unlink();
  if (failures.length > 0) throw combineFailures('gather()', failures, controller.signal.reason);
  if (controller.signal.aborted) throw controller.signal.reason;
  return results as Gathered<T>;
}
