import {
  conflict,
  DatabaseError,
  databaseBusy,
  foreignKeyViolation,
  poolExhausted,
  refusedStatement,
  transactionGone,
  uniqueViolation,
  unreachable,
  unusable,
  writeRefused,
} from '../engine/db-error.ts';
import { shortenError } from '../engine/shortened.ts';

interface PostgresFailure extends Error {
  readonly code?: string;
  readonly detail?: string;
}

export function postgresError(error: unknown, sql: string | undefined, label: string): unknown {
  if (!(error instanceof Error) || error instanceof DatabaseError) return error;
  shortenError(error);
  const { code, detail = '', message } = error as PostgresFailure;
  switch (code) {
    case '23505':
      return uniqueViolation(columnsIn(detail), sql, error);
    case '23503':
      return foreignKeyViolation(sql, error);
    case '40001':
    case '40P01':
      return conflict(sql, error);
    case '55P03':
      return databaseBusy(sql, error);
    case '25P02':
      return transactionGone(
        'An earlier statement of this transaction failed, so PostgreSQL takes no more of it.',
        sql,
        error,
      );
    case '25006':
      return writeRefused(sql, error);
    case '53100':
    case '53200':
    case '58030':
      return unusable(label, message, sql, error);
    // The name of a prepared statement is taken, or unknown.
    case '42P05':
    case '26000':
      return refusedStatement(`${message}. ${behindPooler}`, sql, error);
    case '53300':
      return poolExhausted('PostgreSQL has too many connections');
  }
  if (isConnectionLost(code, message)) return unreachable(label, message, error);
  return code === undefined ? error : refusedStatement(message, sql, error);
}

const behindPooler =
  'A pooler such as PgBouncer gives each transaction another connection: declare the database with database({ url, prepare: false })';

/** Whether a prepared statement has become another one, since its table has changed. */
export function isPlanOutdated(error: unknown): boolean {
  const { code = '', message = '' } = (error ?? {}) as Partial<PostgresFailure>;
  return code === '0A000' && message.includes('cached plan');
}

function isConnectionLost(code: string | undefined, message: string): boolean {
  if (code === undefined) return /^Connection terminated|not queryable|Client was closed/.test(message);
  return code.startsWith('08') || code.startsWith('57P0') || /^E[A-Z]+$/.test(code);
}

// 'Key (email, country)=(a@b.c, TW) already exists.'
function columnsIn(detail: string): string[] {
  return /^Key \(([^)]*)\)=/.exec(detail)?.[1]?.split(', ') ?? [];
}
