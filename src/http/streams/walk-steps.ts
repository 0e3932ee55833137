import { currentFrame, runInFrame } from '../../concurrency/frame.ts';
import { settledBy } from '../../concurrency/settled-by.ts';
import { thrownError } from '../request/log-thrown.ts';

type Step = IteratorResult<unknown, unknown>;

/** Walks through what a handler yields, inside of the request that it belongs to. */
export interface Steps {
  readonly next: () => Promise<Step>;
  /** Ends the walk; does not wait for a handler that is still busy. */
  readonly end: () => void;
}

/** Whether a value can be walked through item by item; texts and bytes are one item. */
export function isIterable(value: unknown): value is AsyncIterable<unknown> | Iterable<unknown> {
  return typeof value === 'object' && value !== null && (Symbol.asyncIterator in value || Symbol.iterator in value);
}

/** What becomes of a walk whose request is not wanted any more: it ends, or it fails, so that nobody takes a part for the whole. */
export type WhenAborted = 'end' | 'fail';

export function walkSteps(
  source: AsyncIterable<unknown> | Iterable<unknown>,
  whenAborted: WhenAborted = 'fail',
): Steps {
  const iterator =
    Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : (source as Iterable<unknown>)[Symbol.iterator]();
  // The stream is read whenever the socket has room, outside of any request; a model must still find its session.
  const frame = currentFrame();
  const inside = <T>(fn: () => T): T => (frame === undefined ? fn() : runInFrame(frame, fn));
  const signal = frame?.signal;
  return {
    next: () => unlessAborted(inside(async () => iterator.next()).catch(rethrow), signal, whenAborted),
    end: () => {
      // What it throws on its way out has nobody left to hear it.
      void inside(async () => iterator.return?.()).catch(() => {});
    },
  };
}

// A stream takes nothing, thrown, for its end.
function rethrow(thrown: unknown): never {
  throw thrown ?? thrownError(thrown);
}

/** The step, or the end of the walk when the signal fires first: a handler that waits for nobody is not waited for. */
async function unlessAborted(
  step: Promise<Step>,
  signal: AbortSignal | undefined,
  whenAborted: WhenAborted,
): Promise<Step> {
  if (signal === undefined || (await settledBy(step, signal))) return step;
  if (whenAborted === 'end') return { done: true, value: undefined };
  throw signal.reason;
}
