import { checkOptions } from '../base/check-options.ts';
import { invalidOption } from '../base/error.ts';
import { checkWorks } from './check-works.ts';
import { currentEnding, innerFrame, runInFrame } from './frame.ts';
import type { Work } from './gather.ts';
import { linkedController } from './linked-controller.ts';

/** Options of {@link race}. */
export interface RaceOptions {
  /** Ends all of them. Default: the signal of the request or task that races. */
  readonly signal?: AbortSignal;
}

/** Why a work of a race is aborted: another one was first. */
class Beaten extends Error {
  override name = 'AbortError';
}

/**
 * Runs functions side by side and ends as the first that ends does, with its result or its failure. Unlike `Promise.race` it aborts the
 * others and waits until they have ended, so that nothing is left running; what they still return or throw is nobody's concern.
 *
 * @throws what the first throws, where it fails; the reason of the signal, when that fires first.
 * @example
 * ```ts
 * const answer = await race([(signal) => ask('eu', { signal }), (signal) => ask('us', { signal })]);
 * ```
 */
export async function race<T>(works: readonly Work<T>[], options: RaceOptions = {}): Promise<T> {
  checkWorks('race()', works);
  checkOptions('race()', options, ['signal']);
  if (works.length === 0) throw invalidOption('race(): nobody takes part, so nobody wins.');
  const { controller, unlink } = linkedController(options.signal ?? currentEnding());
  const { signal } = controller;
  if (signal.aborted) throw signal.reason;
  let first: (() => T) | undefined;
  const end = (outcome: () => T): void => {
    if (signal.aborted) return;
    first = outcome;
    controller.abort(new Beaten('Another work of the race was first.'));
  };
  await Promise.all(
    works.map(async (work) => {
      try {
        const result = await runInFrame(innerFrame(signal), () => work(signal));
        end(() => result);
      } catch (error) {
        end(() => {
          throw error;
        });
      }
    }),
  );
  unlink();
  if (first === undefined) throw signal.reason;
  return first();
}
