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

  #wait(owner: object, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const settle = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', onAbort);
      };
      const giveUp = (error: unknown): void => {
        this.#waiters.splice(this.#waiters.indexOf(waiter), 1);
        settle();
        reject(error);
      };
      const onAbort = (): void => giveUp(signal?.reason);
      const waiter: Waiter = {
        owner,
        resolve: () => {
          settle();
          resolve();
        },
      };
      const timer = setTimeout(
        () => giveUp(poolExhausted(`no turn to write within ${this.#options.timeout} ms`)),
        this.#options.timeout,
      );
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#waiters.push(waiter);
    });
  }
}

function deadlock(): DatabaseError {
  return new DatabaseError(
    'CORTADO_DB_DEADLOCK',
    'This statement would wait for the transaction that the code around it holds open, forever. Send it through that session.',
  );
}
