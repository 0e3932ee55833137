import type { DatabaseConnection, Dialect } from 'kysely';

/**
 * How a unit of work treats transactions: `autocommit` has none until `begin`, `lazy` begins one at the first statement that writes, and
 * `read` refuses what writes.
 */
export type UnitMode = 'autocommit' | 'lazy' | 'read';

/** Options of {@link Engine.unit}. */
export interface UnitOptions {
  readonly mode: UnitMode;
  /** Ends waiting, and refuses statements, when it fires. */
  readonly signal?: AbortSignal | undefined;
}

/** One conversation with a database: a Kysely connection that knows its transaction. */
export interface Unit extends DatabaseConnection {
  /** Opens the transaction now, where it is not open yet. */
  begin(): Promise<void>;
  /** Ends the unit; what it wrote is there for all. Throws when that failed, and then nothing of it is. */
  commit(): Promise<void>;
  /** Ends the unit; nothing of what it wrote remains. */
  rollback(): Promise<void>;
}

/** What turns a value of the driver into a value of the model. */
export type Decode = (value: unknown) => unknown;

/** Decoders of the models' columns, by table and column. */
export type Decoders = ReadonlyMap<string, ReadonlyMap<string, Decode>>;

/** One kind of database: `sqlite/` and `postgres/` implement it. */
export interface Engine {
  readonly kind: 'sqlite' | 'postgres';
  /** The database in messages, without its password. */
  readonly label: string;
  /** Compiler, adapter and introspector; its driver is never used. */
  readonly dialect: Dialect;
  open(): Promise<void>;
  close(): Promise<void>;
  unit(options: UnitOptions): Unit;
  /** How many units wait for a connection or for their turn to write. */
  readonly waiting: number;
}
