import { type AbortListener, Ending } from './ending.ts';

/** What tells that work is no longer wanted. */
export type AbortSource = AbortSignal | Ending;

// A signal finds a listener that goes by looking through all of them; ten thousand waits of one request would take seconds to end.
const listening = new WeakMap<AbortSignal, Set<AbortListener>>();

/** Tells `listener` when the source fires, which it must not have yet. */
export function onAbort(source: AbortSource, listener: AbortListener): void {
  if (source instanceof Ending) source.add(listener);
  else (listening.get(source) ?? listen(source)).add(listener);
}

/** Takes a listener off again, at no cost however many there are. */
export function offAbort(source: AbortSource, listener: AbortListener): void {
  if (source instanceof Ending) source.remove(listener);
  else listening.get(source)?.delete(listener);
}

function listen(signal: AbortSignal): Set<AbortListener> {
  const listeners = new Set<AbortListener>();
  listening.set(signal, listeners);
  const fire = (): void => {
    for (const listener of listeners) listener.onAbort(signal.reason);
    listeners.clear();
  };
  signal.addEventListener('abort', fire, { once: true });
  return listeners;
}
