/** Hears when work is no longer wanted. */
export interface AbortListener {
  onAbort(reason: unknown): void;
}

/** Whatever can be told to end. */
export interface Abortable {
  abort(reason: unknown): void;
}

/** Under this key a context has its {@link Ending}, where it has one. */
export const ending: unique symbol = Symbol('cortado.ending');

/**
 * The end of a piece of work, which plain listeners hear of. It does what an `AbortController` does, and makes one only for code that asks
 * for the signal: with its map of listeners that weighs more than all else that a request in `sleep()` holds.
 */
export class Ending implements Abortable {
  aborted = false;
  reason: unknown;
  // Nearly always one, which needs no set.
  #listeners: AbortListener | Set<AbortListener> | undefined;
  #controller: AbortController | undefined;

  /** Fires with the ending. Made when first asked for. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.aborted) this.#controller.abort(this.reason);
    }
    return this.#controller.signal;
  }

  abort(reason: unknown): void {
    if (this.aborted) return;
    this.aborted = true;
    this.reason = reason;
    const listeners = this.#listeners;
    this.#listeners = undefined;
    if (listeners instanceof Set) for (const listener of listeners) listener.onAbort(reason);
    else listeners?.onAbort(reason);
    this.#controller?.abort(reason);
  }

  add(listener: AbortListener): void {
    if (this.#listeners === undefined) this.#listeners = listener;
    else if (this.#listeners instanceof Set) this.#listeners.add(listener);
    else this.#listeners = new Set([this.#listeners, listener]);
  }

  remove(listener: AbortListener): void {
    if (this.#listeners === listener) this.#listeners = undefined;
    else if (this.#listeners instanceof Set) this.#listeners.delete(listener);
  }
}
