type Rejected = Promise<unknown>;

// One listener for all sessions: Node warns of more than ten.
const watching = new Set<UnheardFailures>();

/**
 * What has failed in a session, and which of it nobody has heard of: a rejection that nothing awaits. Node alone knows that, and says so
 * when the microtasks are done.
 */
export class UnheardFailures {
  readonly #failures = new WeakSet<object>();
  readonly #unheard = new Map<Rejected, unknown>();

  /** Takes up a failure before its promise is rejected. */
  note(error: unknown): void {
    if (typeof error !== 'object' || error === null) return;
    this.#failures.add(error);
    // A first listener would keep Node from ending the process, which is what it does of its own accord, and before any commit.
    const listeners = process.listeners('unhandledRejection');
    if (listeners.length > 0 && !listeners.includes(onUnhandled)) {
      process.on('unhandledRejection', onUnhandled);
      process.on('rejectionHandled', onHandled);
    }
    watching.add(this);
  }

  /** The first that nobody has heard of, once Node has had its say on all that was rejected by now. */
  async first(): Promise<{ readonly error: unknown } | undefined> {
    await new Promise((resolve) => setImmediate(resolve));
    for (const error of this.#unheard.values()) return { error };
    return undefined;
  }

  stop(): void {
    watching.delete(this);
    if (watching.size > 0) return;
    process.off('unhandledRejection', onUnhandled);
    process.off('rejectionHandled', onHandled);
  }

  '~unhandled'(error: object, promise: Rejected): void {
    if (this.#failures.has(error)) this.#unheard.set(promise, error);
  }

  '~handled'(promise: Rejected): void {
    this.#unheard.delete(promise);
  }
}

function onUnhandled(error: unknown, promise: Rejected): void {
  if (typeof error === 'object' && error !== null) for (const one of watching) one['~unhandled'](error, promise);
}

function onHandled(promise: Rejected): void {
  for (const one of watching) one['~handled'](promise);
}
