import { AsyncLocalStorage } from 'node:async_hooks';

/**
 * What the running code belongs to: a request, a task run, or one child of a `gather`. Cancellation and the injection scope travel
 * with it, so neither has to be passed by hand.
 */
export interface Frame {
  /** Fires when the work is no longer wanted. */
  readonly signal: AbortSignal;
  /** The injection scope; its layer knows the type. */
  readonly scope: object | undefined;
}

// The one AsyncLocalStorage. Never `enterWith`: a frame would leak into whatever the loop runs next.
const frames = new AsyncLocalStorage<Frame>();

/** The frame that the running code belongs to, or `undefined` outside of requests and tasks. */
export function currentFrame(): Frame | undefined {
  return frames.getStore();
}

/** Runs `fn` with `frame` as the current one, across every await inside. */
export function runInFrame<T>(frame: Frame, fn: () => T): T {
  return frames.run(frame, fn);
}
