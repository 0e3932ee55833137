import { AsyncLocalStorage, AsyncResource } from 'node:async_hooks';
import type { Ending } from './ending.ts';
import type { AbortSource } from './on-abort.ts';

/** The request or task run that frames belong to: what layers that know no injection scope need of it. */
export interface FrameScope {
  /** Its name, `GET /users/{user_id}`. */
  readonly owner: string;
  /** Where on its road it is, `handler` for example. */
  readonly phase: string;
  /** The dependency that runs, where the phase is theirs. */
  readonly step?: string | undefined;
  /** What its functions get as their second argument. */
  readonly context: object;
}

/**
 * What the running code belongs to: a request, a task run, or one child of a `gather`. Cancellation and the injection scope travel
 * with it, so neither has to be passed by hand.
 */
export interface Frame {
  /** Fires when the work is no longer wanted. */
  readonly signal: AbortSignal;
  /** What the signal is made from, where that happens only for code that asks for it. */
  readonly ending?: Ending | undefined;
  /** The injection scope; its layer knows the type. */
  readonly scope: FrameScope | undefined;
  /** What layers keep for the code that runs inside, an open transaction for example, by a key of their own. */
  readonly kept?: ReadonlyMap<object, unknown> | undefined;
}

// The one AsyncLocalStorage.
const frames = new AsyncLocalStorage<Frame>();

/** The frame that the running code belongs to, or `undefined` outside of requests and tasks. */
export function currentFrame(): Frame | undefined {
  return frames.getStore();
}

/** What ends the work of the running code: for those who only have to hear of it, and need no signal. */
export function currentEnding(): AbortSource | undefined {
  const frame = currentFrame();
  return frame?.ending ?? frame?.signal;
}

/** A frame inside the current one, with a signal of its own. */
export function innerFrame(signal: AbortSignal): Frame {
  const frame = currentFrame();
  return { signal, scope: frame?.scope, kept: frame?.kept };
}

/** Runs `fn` with `value` kept under `key`, which {@link keptInFrame} finds inside. */
export function keepInFrame<T>(key: object, value: unknown, fn: () => T): T {
  const frame = currentFrame();
  const kept = new Map(frame?.kept).set(key, value);
  // A request makes its signal when it is first asked for, so it is not asked for here.
  const inner: Frame = {
    get signal() {
      return frame?.signal ?? never;
    },
    get ending() {
      return frame?.ending;
    },
    scope: frame?.scope,
    kept,
  };
  return runInFrame(inner, fn);
}

/** What is kept under `key` for the running code. */
export function keptInFrame(key: object): unknown {
  return currentFrame()?.kept?.get(key);
}

const never: AbortSignal = new AbortController().signal;

/** Runs `fn` with `frame` as the current one, across every await inside. */
export function runInFrame<A extends readonly unknown[], T>(frame: Frame, fn: (...args: A) => T, ...args: A): T {
  // The storage's own `run` makes a second context for what comes after, and whoever waits outside keeps both.
  return new AsyncResource('CORTADO_FRAME').runInAsyncScope(enter<A, T>, undefined, frame, fn, args);
}

// Only inside of an AsyncResource, which leaves with the context that it came with: else the frame would leak into whatever the loop
// runs next.
function enter<A extends readonly unknown[], T>(frame: Frame, fn: (...args: A) => T, args: A): T {
  frames.enterWith(frame);
  return fn(...args);
}

/** Runs `fn` as belonging to no request or task: for work that is started inside of one, but is not a part of it. */
export function runOutsideFrames<T>(fn: () => T): T {
  return frames.run(undefined as never, fn);
}
