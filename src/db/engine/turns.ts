import { DatabaseError, poolExhausted } from './db-error.ts';

interface Waiter {
  readonly owner: object;
  readonly resolve: () => void;
}

export interface TurnsOptions {
  /** Milliseconds that a unit waits at most. */
  readonly timeout: number;
  /** Whether the running code is inside of what a unit holds. */
  readonly isAround: (unit: object) => boolean;
}

/** Lets one unit at a time do what only one may: first come, first served, with a bounded wait. */
export class Turns {
  readonly #options: TurnsOptions;
  readonly #waiters: Waiter[] = [];
  #holder: object | undefined;

  constructor(options: TurnsOptions) {
    this.#options = options;
  }

  get isTaken(): boolean {
    return this.#holder !== undefined;
  }

  get waiting(): number {
    return this.#waiters.length;
  }

  /**
   * Resolves when it is the owner's turn; `undefined` when it is at once.
   *
   * @param signal Asked for, and heeded, when there is a wait.
   */
  take(owner: object, signal?: () => AbortSignal | undefined): Promise<void> | undefined {
    if (this.#holder === undefined) {
      this.#holder = owner;
      return undefined;
    }
    if (this.#options.isAround(this.#holder)) return Promise.reject(deadlock());
    return this.#wait(owner, signal?.());
  }

  pass(owner: object): void {
    if (this.#holder !== owner) return;
    const next = this.#waiters.shift();
    this.#holder = next?.owner;
    next?.resolve();
  }

  async #wait(owner: object, signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted();
    const { timeout } = this.#options;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const waiter: Waiter = { owner, resolve };
    const giveUp = (error: unknown): void => {
      const at = this.#waiters.indexOf(waiter);
      // Its turn may have come in this very moment.
      if (at === -1) return;
      this.#waiters.splice(at, 1);
      reject(error);
    };
    const onAbort = (): void => giveUp(signal?.reason);
    const timer = setTimeout(() => giveUp(poolExhausted(`no turn to write within ${timeout} ms`)), timeout);
    signal?.addEventListener('abort', onAbort, { once: true });
    this.#waiters.push(waiter);
    try {
      await promise;
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
    }
  }
}

function deadlock(): DatabaseError {
  return new DatabaseError(
    'CORTADO_DB_DEADLOCK',
    'This statement would wait for the transaction that the code around it holds open, forever. Send it through that session.',
  );
}
