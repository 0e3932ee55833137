import { CortadoError, type CortadoErrorOptions } from '../../base/error.ts';
import type { ErrorCode } from '../../base/error-codes.ts';
import { overloaded } from '../../base/overloaded.ts';
import type { Decode } from './database-engine.ts';
import { shortened } from './shortened.ts';

// A 503 whose client learns no more than that.
const unavailable = { status: 503, headers: { 'retry-after': '1' } };

export interface DatabaseErrorOptions extends CortadoErrorOptions {
  /** The statement, without its values; the beginning of a long one. */
  readonly sql?: string | undefined;
  /** The columns of a violated constraint, where the database names them. */
  readonly columns?: readonly string[];
}

/**
 * A failure that a database reports. Violated constraints are a 409 in a request (`CORTADO_DB_UNIQUE`, `CORTADO_DB_FOREIGN_KEY`), whose
 * messages name nothing of the schema, which `columns`, `sql` and `cause` do. A pool or lock that stays busy (`CORTADO_DB_POOL`,
 * `CORTADO_DB_BUSY`), and a database that is away or cannot be written (`CORTADO_DB_UNREACHABLE`), are a 503 with `Retry-After`.
 *
 * @example
 * ```ts
 * try { await User.create(user) } catch (error) {
 *   if (error instanceof DatabaseError && error.code === 'CORTADO_DB_UNIQUE') throw new HttpError(409, `${error.columns} is taken`);
 *   throw error;
 * }
 * ```
 */
export class DatabaseError extends CortadoError {
  override name = 'DatabaseError';
  readonly columns: readonly string[];
  readonly sql: string | undefined;

  constructor(code: ErrorCode, message: string, options: DatabaseErrorOptions = {}) {
    super(code, message, options);
    this.columns = options.columns ?? [];
    this.sql = options.sql === undefined ? undefined : shortened(options.sql, 2_000);
  }
}

export function uniqueViolation(columns: readonly string[], sql: string | undefined, cause: unknown): DatabaseError {
  const message = 'A row with the same value exists already.';
  return new DatabaseError('CORTADO_DB_UNIQUE', message, { status: 409, columns, sql, cause });
}

export function foreignKeyViolation(sql: string | undefined, cause: unknown): DatabaseError {
  const message = 'A row that this one refers to does not exist, or this one is still referred to.';
  return new DatabaseError('CORTADO_DB_FOREIGN_KEY', message, { status: 409, sql, cause });
}

export function poolExhausted(what: string): DatabaseError {
  return new DatabaseError('CORTADO_DB_POOL', `The database is busy: ${what}.`, overloaded);
}

/** Another process holds the lock. */
export function databaseBusy(sql: string | undefined, cause: unknown): DatabaseError {
  const message = 'The database is locked by another process.';
  return new DatabaseError('CORTADO_DB_BUSY', message, { ...overloaded, sql, cause });
}

/** The transaction could not be ordered with others that ran beside it. */
export function conflict(sql: string | undefined, cause: unknown): DatabaseError {
  const message = 'The transaction got in the way of another. Try again.';
  return new DatabaseError('CORTADO_DB_CONFLICT', message, { ...unavailable, sql, cause });
}

/** The transaction is over, though its session is not. */
export function transactionGone(message: string, sql?: string, cause?: unknown): DatabaseError {
  return new DatabaseError('CORTADO_DB_TRANSACTION', message, { sql, cause });
}

/** A statement came when its session had ended already. */
export function sessionEnded(): DatabaseError {
  return transactionGone('This session has ended; its statements must be awaited before that.');
}

/** A statement came for a savepoint that was undone: it was not awaited, or is part of what failed. */
export function savepointUndone(): DatabaseError {
  return transactionGone('The savepoint that this belongs to was undone, so nothing more is written there.');
}

/** A statement that belongs to no frame of an open transaction: whose it is cannot be told. */
export function sendThroughTransaction(): DatabaseError {
  return transactionGone(
    'startTransaction() has a savepoint open in this session: send this statement through what it returned, or use session.savepoint(fn), inside of which models and db.transaction() work too.',
  );
}

/** A session was to be committed while a statement of it still ran: nobody could know whether that would succeed. */
export function queryNotAwaited(sql?: string, unnamed = 'a statement of a model'): DatabaseError {
  const what = sql === undefined ? unnamed : 'a statement';
  const which = sql === undefined ? '' : `, which sends: ${shortened(sql)}`;
  return transactionGone(
    `The work ended before ${what} did, so nothing was committed: put "await" before it${which}`,
    sql,
  );
}

/** A session was to be committed although something of it had failed, and nothing awaited that. */
export function notHeard(failure: unknown): DatabaseError {
  const { message, sql } = failure as { message?: unknown; sql?: string };
  const which = sql === undefined ? '' : ` (statement: ${shortened(sql)})`;
  return transactionGone(
    `What nothing awaited has failed, so nothing was committed: put "await" before it. It said: ${shortened(String(message), 1_000)}${which}`,
    sql,
    failure,
  );
}

/** The database cannot be opened, reached, or reached any more. */
export function unreachable(label: string, why: string, cause?: unknown): DatabaseError {
  const message = `The database ${label} cannot be reached: ${why}`;
  return new DatabaseError('CORTADO_DB_UNREACHABLE', message, { ...unavailable, cause });
}

/** The database is there, and cannot do what it was asked to for now, whatever that was: its disk is full, its file is damaged. */
export function unusable(label: string, why: string, sql: string | undefined, cause: unknown): DatabaseError {
  const message = `The database ${label} cannot be used: ${why}`;
  return new DatabaseError('CORTADO_DB_UNREACHABLE', message, { ...unavailable, sql, cause });
}

/** The thread of a database ended, and what it was asked with it. */
export function threadEnded(how: string, cause?: unknown): DatabaseError {
  return new DatabaseError('CORTADO_DB_WORKER', `The thread of the database ${how}.`, { ...unavailable, cause });
}

/** A statement that may write was sent where only reads are possible. */
export function writeRefused(sql: string | undefined, cause?: unknown): DatabaseError {
  const message = 'A statement that may write was sent through a session that only reads; use db.session.';
  return new DatabaseError('CORTADO_DB_READ_ONLY', message, { sql, cause });
}

/** A value of the driver as the model of its column has it; one that is none of what the column is declared to hold is told with its name. */
export function decoded(decode: Decode, value: unknown, column: string): unknown {
  try {
    return decode(value);
  } catch (error) {
    if (error instanceof DatabaseError) throw error;
    const why = error instanceof Error ? error.message : String(error);
    const message = `What column "${column}" holds cannot be read: ${shortened(why)}`;
    throw new DatabaseError('CORTADO_DB_QUERY', message, { cause: error });
  }
}

/** Any other statement that the database refused. */
export function refusedStatement(why: string, sql: string | undefined, cause: unknown): DatabaseError {
  const statement = sql === undefined ? '' : ` (statement: ${shortened(sql)})`;
  return new DatabaseError('CORTADO_DB_QUERY', `${shortened(why)}${statement}`, { sql, cause });
}
