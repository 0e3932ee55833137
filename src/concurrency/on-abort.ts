type Listener = (reason: unknown) => void;

// A signal finds a listener that goes by looking through all of them; ten thousand waits of one request would take seconds to end.
const listening = new WeakMap<AbortSignal, Set<Listener>>();

/** Calls `listener` when the signal fires, which it must not have yet. Returns what takes it off again, at no cost however many there are. */
export function onAbort(signal: AbortSignal, listener: Listener): () => void {
  const listeners = listening.get(signal) ?? listen(signal);
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
  };
}

function listen(signal: AbortSignal): Set<Listener> {
  const listeners = new Set<Listener>();
  listening.set(signal, listeners);
  const fire = (): void => {
    for (const listener of listeners) listener(signal.reason);
    listeners.clear();
  };
  signal.addEventListener('abort', fire, { once: true });
  return listeners;
}
