import type { DatabaseLocation } from '../../../../db/engine/database-url.ts';

export interface SentinelOptions {
  readonly location: DatabaseLocation;
  /** Counted up by the main thread while its loop turns. */
  readonly pulse: SharedArrayBuffer;
  /** Milliseconds between two pulses. */
  readonly pulseEvery: number;
  /** SQLite: milliseconds between two looks at the database. */
  readonly lookEvery: number;
}

/** Tells the sentinel of a worker of its process that has just shown life. */
export interface SentinelOrder {
  readonly id: string;
  /** Milliseconds. */
  readonly lease: number;
}

export type SentinelReport =
  /** The database has changed, or a worker counts as lost: `work` waits, a running task is to be `interrupted`. */
  | { readonly kind: 'seen'; readonly work: boolean; readonly interrupt: boolean }
  | { readonly kind: 'blocked'; readonly seconds: number }
  | { readonly kind: 'failed'; readonly message: string };
