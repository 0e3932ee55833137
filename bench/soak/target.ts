import type { Pool } from 'undici';

/** A user that the app has acknowledged. */
export interface StoredUser {
  readonly id: number;
  readonly name: string;
  readonly age: number;
}

/** A task that the app has acknowledged, and what it must come to. */
export interface StoredTask {
  readonly id: string;
  readonly result: number;
}

/** Whom the requests go to, and what it has acknowledged lately. */
export interface Target {
  readonly pool: Pool;
  /** Address of the app that gets the bad inputs, in the same process. */
  readonly corpus: string;
  readonly users: Latest<StoredUser>;
  readonly tasks: Latest<StoredTask>;
}

/** The last few values, of which the oldest is at hand. */
export class Latest<T> {
  readonly #values: T[] = [];
  readonly #most: number;

  constructor(most: number) {
    this.#most = most;
  }

  add(value: T): void {
    this.#values.push(value);
    if (this.#values.length > this.#most) this.#values.shift();
  }

  get oldest(): T | undefined {
    return this.#values[0];
  }
}
