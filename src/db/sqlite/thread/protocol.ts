/** A value as it crosses to the thread of a database. */
export type Sendable = null | number | bigint | string | Uint8Array;

/** How a thread opens its database. */
export interface OpenOptions {
  readonly path: string;
  readonly readOnly: boolean;
  /** Milliseconds that a statement waits, in the thread, for a lock of another process. */
  readonly busyTimeout: number;
  readonly synchronous: 'normal' | 'full';
  /** How many operations of the shared message in work are claimed. */
  readonly claims: Int32Array;
}

/**
 * Whether an operation runs on its own, begins a transaction first, or must find one open: a transaction that is gone must not turn its
 * other statements into autocommitted ones.
 */
export const alone = 0;
export const begins = 1;
export const inside = 2;

export interface RunOperation {
  readonly kind: 'run';
  readonly sql: string;
  readonly values: readonly Sendable[];
  readonly transaction: typeof alone | typeof begins | typeof inside;
  /** Whether it may be run again when its integers turn out to need the slow way of reading. */
  readonly repeatable: boolean;
}

/** What a thread can be asked to do; operations are done in the order in which they were sent. */
export type ThreadOperation =
  | RunOperation
  | { readonly kind: 'commit' }
  | { readonly kind: 'rollback' }
  /** Opens a connection of its own for a stream or a snapshot, which reads what was committed at its first statement. */
  | { readonly kind: 'lease'; readonly lease: number }
  | { readonly kind: 'leased'; readonly lease: number; readonly run: RunOperation }
  | { readonly kind: 'stream'; readonly stream: number; readonly lease: number | undefined; readonly run: RunOperation }
  | { readonly kind: 'next'; readonly stream: number; readonly count: number }
  | { readonly kind: 'endStream'; readonly stream: number }
  | { readonly kind: 'endLease'; readonly lease: number }
  /** Reports changes by others, checked every so many milliseconds; 0 ends it. */
  | { readonly kind: 'watch'; readonly interval: number }
  /** Closes the database and ends the thread. */
  | { readonly kind: 'close' };

/** A column of a result: its name, and the column of a table that it shows, if it shows one. */
export interface ResultColumn {
  readonly name: string;
  readonly table: string | null;
  readonly column: string | null;
}

/** Rows as one flat list of values; `columns` comes along when a thread first uses a `shape`. */
export interface RowsResult {
  readonly kind: 'rows';
  readonly shape: number;
  readonly columns: readonly ResultColumn[] | undefined;
  readonly values: readonly Sendable[];
  /** Set for a statement that changed rows. */
  readonly changes: number | undefined;
}

/** The result of a statement without rows. */
export interface ChangesResult {
  readonly kind: 'changes';
  readonly changes: number | bigint;
  readonly insertId: number | bigint;
}

/** What a thread could not do. `lost` when the transaction is gone with it. */
export interface FailureResult {
  readonly kind: 'failure';
  readonly message: string;
  /** SQLite's extended result code. */
  readonly code: number | undefined;
  readonly lost: boolean;
}

export type OperationResult = RowsResult | ChangesResult | FailureResult | { readonly kind: 'done' };

/**
 * What is sent to a thread. Statements of a `shared` message are claimed one by one through the number in `OpenOptions.claims`, so those
 * that the thread has not come to can be given to another.
 */
export interface Message {
  readonly operations: readonly ThreadOperation[];
  readonly shared: boolean;
}

/** Larger than any number of operations in a message: nothing is left to claim. */
export const allClaimed = 1_000_000;

/** What a thread says. */
export type Report =
  | { readonly kind: 'open' }
  | { readonly kind: 'unopened'; readonly message: string }
  | { readonly kind: 'results'; readonly results: readonly OperationResult[] }
  | { readonly kind: 'changed' };
