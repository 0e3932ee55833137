interface Wait {
  readonly signal: () => AbortSignal | undefined;
  readonly onAbort: (reason: unknown) => void;
  subscribed: AbortSignal | undefined;
  listener: (() => void) | undefined;
}

// Milliseconds. Most statements are over by then, and making a request's signal costs more than many a statement.
const soon = 20;
const fresh = new Set<Wait>();
let isTicking = false;

/**
 * Ends waiting when a signal fires. The signal is asked for only when the wait turns out to be a long one.
 *
 * @param onAbort Called when it fired, to end what is waited for.
 */
export function unlessAborted<T>(
  promise: Promise<T>,
  signal: () => AbortSignal | undefined,
  onAbort?: () => void,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const wait: Wait = {
      signal,
      subscribed: undefined,
      listener: undefined,
      onAbort: (reason) => {
        reject(reason);
        onAbort?.();
      },
    };
    fresh.add(wait);
    if (!isTicking) setTimeout(lookAgain, soon).unref();
    isTicking = true;
    promise.then(
      (value) => {
        end(wait);
        resolve(value);
      },
      (error) => {
        end(wait);
        reject(error);
      },
    );
  });
}

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

function end(wait: Wait): void {
  fresh.delete(wait);
  if (wait.listener !== undefined) wait.subscribed?.removeEventListener('abort', wait.listener);
}
