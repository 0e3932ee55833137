import type { Kysely } from 'kysely';
import type { DatabaseEngine } from '../../engine/database-engine.ts';

/** Tables as far as a model knows them when it builds a statement: it has checked the names itself. */
export type AnyTables = Record<string, Record<string, unknown>>;

export type DatabaseKind = DatabaseEngine['kind'];

/** What a model asks of the database that it belongs to. */
export interface ModelHome {
  readonly kind: DatabaseKind;
  readonly label: string;
  readonly isOpen: boolean;
  /** What statements of the running code go through: its session if it has one, else the database itself. */
  kyselyHere(): Kysely<AnyTables> | Promise<Kysely<AnyTables>>;
  /** Throws `error`; the session of the running code must not be committed where nobody hears of it. */
  failed(error: unknown): Promise<never>;
  /** Runs `fn` in a transaction, that of the running code if it has one. */
  transaction<T>(fn: () => Promise<T>): Promise<T>;
}
