import { runOutsideFrames } from '../../concurrency/frame.ts';

/** Something that is waited for, and what to do when its signal fires. */
export interface Wait {
  readonly signal: () => AbortSignal | undefined;
  readonly onAbort: (reason: unknown) => void;
  /** Its place among the waits that nobody has looked at yet; -1 once somebody has, or it is over. */
  at: number;
  subscribed: AbortSignal | undefined;
  listener: (() => void) | undefined;
}

// Milliseconds. Most statements are over long before, and making a request's signal costs more than many a statement.
const soon = 100;
// Not a Set: one that entries come to and leave all the time is copied again and again, and an old copy that the garbage collector has
// not found yet keeps alive all that the next ones held: whole requests, a tenth of whose time then went into collecting them.
const fresh: Wait[] = [];
let isTicking = false;

/**
 * Calls `onAbort` when a signal fires, until {@link unwatch}. The signal is asked for only when the wait turns out to be a long one; had
 * it fired by then, that is noticed then.
 */
export function watch(signal: () => AbortSignal | undefined, onAbort: (reason: unknown) => void): Wait {
  const wait: Wait = { signal, onAbort, at: fresh.length, subscribed: undefined, listener: undefined };
  fresh.push(wait);
  if (!isTicking) {
    isTicking = true;
    runOutsideFrames(() => setTimeout(lookAgain, soon).unref());
  }
  return wait;
}

/** Ends a watch: what was waited for has come. */
export function unwatch(wait: Wait | undefined): void {
  if (wait === undefined) return;
  if (wait.at === -1) {
    if (wait.listener !== undefined) wait.subscribed?.removeEventListener('abort', wait.listener);
    return;
  }
  // The last one takes its place.
  const last = fresh.pop()!;
  if (last !== wait) {
    fresh[wait.at] = last;
    last.at = wait.at;
  }
  wait.at = -1;
}

// What was added since the last look is looked at, too: some is younger than `soon`, which does no harm.
function lookAgain(): void {
  isTicking = false;
  for (const wait of fresh.splice(0)) {
    wait.at = -1;
    subscribe(wait);
  }
}

function subscribe(wait: Wait): void {
  const signal = wait.signal();
  if (signal === undefined) return;
  const listener = (): void => wait.onAbort(signal.reason);
  if (signal.aborted) listener();
  else {
    wait.subscribed = signal;
    wait.listener = listener;
    signal.addEventListener('abort', listener, { once: true });
  }
}
