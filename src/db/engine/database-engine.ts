import type {
  AbortableQueryOptions,
  CompiledQuery,
  DatabaseConnection,
  Dialect,
  IsolationLevel,
  QueryResult,
} from 'kysely';
import type { UnheardFailures } from './unheard-failures.ts';

/**
 * How a unit of work treats transactions: `autocommit` has none until `begin`, `lazy` begins one at the first statement that is not known
 * to only read, `eager` at the first statement, and `read` refuses what writes.
 */
export type UnitMode = 'autocommit' | 'lazy' | 'eager' | 'read';

export interface TransactionSettings {
  readonly isolation?: IsolationLevel | undefined;
  readonly readOnly?: boolean | undefined;
}

export interface UnitOptions extends TransactionSettings {
  readonly mode: UnitMode;
  /** Ends waiting, and refuses statements, when it fires; asked for when something has to wait. */
  readonly signal?: (() => AbortSignal | undefined) | undefined;
}

export interface StreamOptions extends AbortableQueryOptions {
  /** Whether the savepoint that it was begun in was undone, and the statement with it. */
  readonly isGone?: () => boolean;
}

/** One conversation with a database: a Kysely connection that knows its transaction. */
export interface Unit extends DatabaseConnection {
  readonly isOpen: boolean;
  /** Whether a statement has ever come. */
  readonly isUsed: boolean;
  /** What has failed in a session; no other unit has any. */
  readonly failures: UnheardFailures | undefined;
  /** Whether savepoints mean anything to it: where it only reads, there may be nothing to undo. */
  readonly hasSavepoints: boolean;
  streamQuery<R>(
    query: CompiledQuery,
    chunkSize: number,
    options?: StreamOptions,
  ): AsyncIterableIterator<QueryResult<R>>;
  /** Takes up a failure of a session, before whoever waits for it hears of it. */
  noteFailure(error: unknown): void;
  /** Opens the transaction now, where it is not open yet. */
  begin(settings?: TransactionSettings): Promise<void>;
  /** Ends the transaction; what it wrote is there for all. Throws when that failed, and then nothing of it is. */
  commit(): Promise<void>;
  /** Ends the transaction; nothing of what it wrote remains. */
  rollback(): Promise<void>;
  /** Lets go of all; the unit cannot be used any more. An open transaction is rolled back. */
  release(): Promise<void> | undefined;
}

/** What turns a value of the driver into a value of the model. */
export type Decode = (value: unknown) => unknown;

/** Decoders of the models' columns, by table and column. */
export type Decoders = ReadonlyMap<string, ReadonlyMap<string, Decode>>;

/** What an engine asks of the database that it serves. */
export interface DatabaseEngineHost {
  readonly decoders: Decoders;
  /** Whether the running code is inside of a unit, so that to wait for its end would never end. */
  readonly isAround: (unit: object) => boolean;
}

/** One kind of database: `sqlite/` and `postgres/` implement it. */
export interface DatabaseEngine {
  readonly kind: 'sqlite' | 'postgres';
  /** The database in messages, without its password. */
  readonly label: string;
  /** Compiler, adapter and introspector; its driver is never used. */
  readonly dialect: Pick<Dialect, 'createQueryCompiler' | 'createAdapter' | 'createIntrospector'>;
  /** Why it cannot serve, where it is known that it cannot. */
  readonly problem: string | undefined;
  /** Looks whether it can serve, for `problem` to tell. Never throws. */
  check(): Promise<void>;
  open(): Promise<void>;
  /** Lets what was sent finish, until `signal` fires. */
  close(signal?: AbortSignal): Promise<void>;
  unit(options: UnitOptions): Unit;
  /** Calls a listener when it begins to look, and when anybody has changed the database; checked every `interval` milliseconds. */
  watchChanges?(listener: () => void, interval: number): Disposable;
  /** Calls a listener with what is sent to a channel, and with `undefined` when something may have been missed. */
  listen?(channel: string, listener: (payload: string | undefined) => void): Disposable;
  /** Units that wait for a connection or for their turn to write. */
  readonly waiting: number;
  /** Connections or threads that work for somebody right now, and how many there can be. */
  readonly inUse: number;
  readonly limit: number;
}
