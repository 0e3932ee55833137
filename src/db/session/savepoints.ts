import { AsyncResource } from 'node:async_hooks';
import { CompiledQuery } from 'kysely';
import { keepInFrame, keptInFrame } from '../../concurrency/frame.ts';
import type { Unit } from '../engine/database-engine.ts';
import { poolExhausted, queryNotAwaited, savepointUndone, sendThroughTransaction } from '../engine/db-error.ts';
import { unwatch, watch } from '../engine/late-signals.ts';

/** A savepoint of a session, from its begin to its end; the transaction itself is the one that all others are in. */
export interface Savepoint {
  readonly name: string;
  readonly parent: Savepoint | undefined;
  /** Whether the code inside runs in a frame of it; without one nobody can tell whose a statement is. */
  readonly isFramed: boolean;
  state: 'open' | 'released' | 'undone';
}

/** Whether nothing is kept of what was written inside. */
export function isUndone(savepoint: Savepoint | undefined): boolean {
  for (let at = savepoint; at !== undefined; at = at.parent) if (at.state === 'undone') return true;
  return false;
}

interface Waiter {
  readonly at: Savepoint;
  readonly start: () => void;
  readonly giveUp: (error: unknown) => void;
}

export interface SavepointsOptions {
  readonly unit: Unit;
  /** Milliseconds that a statement waits for the savepoint of other code to end. */
  readonly timeout: number;
  readonly signal?: (() => AbortSignal | undefined) | undefined;
}

/**
 * The savepoints of a session. A transaction has one stack of them, and code that runs side by side would put them on it in any order: the end
 * of one would undo, or keep, what another wrote. So a statement runs when the savepoint that its code is inside of is the innermost, and waits
 * as long as others are open in between; savepoints of one level take turns.
 */
export class Savepoints {
  readonly #options: SavepointsOptions;
  readonly root: Savepoint = { name: '', parent: undefined, isFramed: true, state: 'open' };
  #top: Savepoint = this.root;
  #count = 0;
  #waiters: Waiter[] = [];
  /** What kept one from being undone: then nothing of the transaction may be kept. */
  failure: { readonly error: unknown } | undefined;

  constructor(options: SavepointsOptions) {
    this.#options = options;
  }

  /** Whether there has never been one, so that nothing has to wait. */
  get areNone(): boolean {
    return this.#count === 0;
  }

  /** Whether one is still open: nobody awaited it. */
  get isOpen(): boolean {
    return this.#top !== this.root;
  }

  /** The savepoint whose function the running code is. */
  get frame(): Savepoint {
    return (keptInFrame(this) as Savepoint | undefined) ?? this.root;
  }

  /** The savepoint that the running code is inside of. */
  get here(): Savepoint {
    if (this.areNone) return this.root;
    const at = this.frame;
    const top = this.#top;
    return !top.isFramed && top.parent === at ? top : at;
  }

  /** Runs `fn` inside of a new savepoint, which is released when it returns, and undone when it throws. */
  async run<T>(fn: (savepoint: Savepoint) => Promise<T>): Promise<T> {
    const savepoint = await this.open(this.frame, true);
    let result: T;
    try {
      result = await keepInFrame(this, savepoint, () => fn(savepoint));
    } catch (error) {
      await this.undo(savepoint);
      throw error;
    }
    await this.release(savepoint);
    return result;
  }

  /** Runs what sends a statement, as soon as the savepoint that it belongs to is the innermost. */
  whenInnermost<T>(at: Savepoint, send: () => Promise<T>): Promise<T> {
    const { unit } = this.#options;
    try {
      if (this.#live(at) === this.#top) return send();
      this.#refuseUnframed();
    } catch (error) {
      unit.noteFailure(error);
      return Promise.reject(error);
    }
    return this.#wait(at, send);
  }

  open(parent: Savepoint, isFramed: boolean): Promise<Savepoint> {
    return this.whenInnermost(parent, async () => {
      const savepoint: Savepoint = { name: `cortado_${++this.#count}`, parent: this.#top, isFramed, state: 'open' };
      this.#top = savepoint;
      try {
        await this.#command(`savepoint ${savepoint.name}`);
      } catch (error) {
        savepoint.state = 'undone';
        this.#leave(savepoint);
        throw error;
      }
      return savepoint;
    });
  }

  async release(savepoint: Savepoint): Promise<void> {
    if (savepoint.state !== 'open') throw savepointUndone();
    if (this.#top !== savepoint) {
      await this.undo(savepoint);
      throw queryNotAwaited(undefined, 'a transaction or savepoint inside of it');
    }
    savepoint.state = 'released';
    try {
      await this.#command(`release savepoint ${savepoint.name}`);
    } catch (error) {
      await this.undo(savepoint);
      throw error;
    }
    if (isUndone(savepoint)) throw savepointUndone();
    this.#leave(savepoint);
  }

  /** Ends one so that nothing is kept of what was written inside, by savepoints that are still open there included. */
  async undo(savepoint: Savepoint): Promise<void> {
    if (!this.#isOnStack(savepoint)) return;
    for (let at = this.#top; at !== savepoint; at = at.parent!) at.state = 'undone';
    savepoint.state = 'undone';
    this.#top = savepoint;
    this.#wake();
    const { unit } = this.#options;
    try {
      // The second takes it from the stack, where many would pile up in a loop.
      if (unit.isOpen)
        await Promise.all([
          this.#command(`rollback to savepoint ${savepoint.name}`),
          this.#command(`release savepoint ${savepoint.name}`),
        ]);
    } catch (error) {
      this.failure ??= { error };
    }
    this.#leave(savepoint);
  }

  /** The whole transaction is undone: whoever still waits for a savepoint waits for nothing. */
  undoAll(): void {
    this.root.state = 'undone';
    this.#wake();
  }

  #isOnStack(savepoint: Savepoint): boolean {
    for (let at: Savepoint | undefined = this.#top; at !== undefined; at = at.parent) if (at === savepoint) return true;
    return false;
  }

  // What comes after the end of one belongs to the one around it, unless it was undone: who sent it could not know.
  #live(savepoint: Savepoint): Savepoint {
    if (isUndone(savepoint)) throw savepointUndone();
    let at = savepoint;
    while (at.state === 'released' && at.parent !== undefined) at = at.parent;
    return at;
  }

  #refuseUnframed(): void {
    if (!this.#top.isFramed) throw sendThroughTransaction();
  }

  #wait<T>(at: Savepoint, send: () => Promise<T>): Promise<T> {
    const { unit, timeout, signal } = this.#options;
    return new Promise<T>((resolve, reject) => {
      // It runs when another savepoint ends, and belongs to the code that sent it.
      const sent = new AsyncResource('CORTADO_SAVEPOINT');
      const settle = (): void => {
        clearTimeout(timer);
        unwatch(wait);
      };
      const waiter: Waiter = {
        at,
        start: () => {
          settle();
          sent.runInAsyncScope(() => send().then(resolve, reject));
        },
        giveUp: (error) => {
          settle();
          this.#waiters = this.#waiters.filter((one) => one !== waiter);
          unit.noteFailure(error);
          reject(error);
        },
      };
      const why = `the savepoint of other code of this session did not end within ${timeout} ms`;
      const timer = setTimeout(() => waiter.giveUp(poolExhausted(why)), timeout);
      const wait = signal && watch(signal, waiter.giveUp);
      this.#waiters.push(waiter);
    });
  }

  #leave(savepoint: Savepoint): void {
    if (this.#top !== savepoint) return;
    this.#top = savepoint.parent!;
    this.#wake();
  }

  // One that opens a savepoint lets those behind it wait again.
  #wake(): void {
    for (const waiter of [...this.#waiters]) {
      try {
        if (this.#live(waiter.at) !== this.#top) {
          this.#refuseUnframed();
          continue;
        }
      } catch (error) {
        waiter.giveUp(error);
        continue;
      }
      this.#waiters = this.#waiters.filter((one) => one !== waiter);
      waiter.start();
    }
  }

  async #command(sql: string): Promise<void> {
    const { unit } = this.#options;
    if (unit.hasSavepoints) await unit.executeQuery(CompiledQuery.raw(sql));
  }
}
