/** Something that is waited for, and what to do when its signal fires. */
export interface Wait {
  readonly signal: () => AbortSignal | undefined;
  readonly onAbort: (reason: unknown) => void;
  subscribed: AbortSignal | undefined;
  listener: (() => void) | undefined;
}

// Milliseconds. Most statements are over long before, and making a request's signal costs more than many a statement.
const soon = 100;
const fresh = new Set<Wait>();
let isTicking = false;

/**
 * Calls `onAbort` when a signal fires, until {@link unwatch}. The signal is asked for only when the wait turns out to be a long one; had
 * it fired by then, that is noticed then.
 */
export function watch(signal: () => AbortSignal | undefined, onAbort: (reason: unknown) => void): Wait {
  const wait: Wait = { signal, onAbort, subscribed: undefined, listener: undefined };
  fresh.add(wait);
  if (!isTicking) setTimeout(lookAgain, soon).unref();
  isTicking = true;
  return wait;
}

/** Ends a watch: what was waited for has come. */
export function unwatch(wait: Wait | undefined): void {
  if (wait === undefined) return;
  fresh.delete(wait);
  if (wait.listener !== undefined) wait.subscribed?.removeEventListener('abort', wait.listener);
}

// What was added since the last look is looked at, too: some is younger than `soon`, which does no harm.
function lookAgain(): void {
  isTicking = false;
  for (const wait of fresh) subscribe(wait);
  fresh.clear();
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
