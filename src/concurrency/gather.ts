import { checkOptions } from '../base/check-options.ts';
import { CortadoError } from '../base/error.ts';
import { currentFrame, innerFrame, runInFrame } from './frame.ts';
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

/** The results of a list of works, in its order. */
export type Gathered<W extends readonly Work<unknown>[]> = { -readonly [K in keyof W]: Awaited<ReturnType<W[K]>> };

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
export async function gather<const W extends readonly Work<unknown>[]>(
  works: W,
  options: GatherOptions = {},
): Promise<Gathered<W>> {
  checkOptions('gather()', options, ['signal', 'concurrency']);
  const { concurrency = works.length } = options;
  const wrong = works.findIndex((work) => typeof work !== 'function');
  if (wrong >= 0)
    throw new CortadoError(
      'CORTADO_OPTION_INVALID',
      `gather(): item ${wrong} is not a function. Pass () => work(), not work(): what runs already cannot be aborted.`,
    );
  if (works.length > 0 && !(concurrency >= 1))
    throw new CortadoError('CORTADO_OPTION_INVALID', 'gather(): concurrency must be 1 or more.');
  const frame = currentFrame();
  const { controller, unlink } = linkedController(options.signal ?? frame?.signal);
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
  if (failures.length > 0) throw combined(failures, controller.signal.reason);
  if (controller.signal.aborted) throw controller.signal.reason;
  return results as Gathered<W>;
}

// A sibling that ended because it was told to did not fail for a reason of its own.
function combined(failures: readonly unknown[], reason: unknown): unknown {
  const [first] = failures;
  const own = failures.filter(
    (failure, index) =>
      index === 0 || (failure !== reason && (failure as Partial<Error> | null)?.name !== 'AbortError'),
  );
  return own.length === 1
    ? first
    : new AggregateError(own, `${own.length} works of a gather() failed`, { cause: first });
}
