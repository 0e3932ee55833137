import {
  DatabaseError,
  databaseBusy,
  foreignKeyViolation,
  refusedStatement,
  uniqueViolation,
  unusable,
} from '../engine/db-error.ts';
import { shortened } from '../engine/shortened.ts';
import type { FailureResult } from './thread/protocol.ts';

// SQLite's extended result codes; the low byte is the primary code.
const unique: readonly number[] = [1555, 2067, 2579];
const foreignKey: readonly number[] = [787];
const busy = 5;
const locked = 6;
const readOnly = 8;
// What no statement could help: I/O, damaged, full, cannot be opened, no database.
const trouble: readonly number[] = [10, 11, 13, 14, 26];

/** The error that a failure of a thread is, which was to write or only to read. */
export function sqliteError(
  { message, code, lost }: FailureResult,
  sql: string | undefined,
  { label, writes }: { readonly label: string; readonly writes: boolean },
): DatabaseError {
  const cause = Object.assign(new Error(shortened(message, 1_000)), { errcode: code });
  if (code === undefined) {
    return message.endsWith(' is gone.')
      ? new DatabaseError('CORTADO_DB_TRANSACTION', message, { sql, cause })
      : refusedStatement(message, sql, cause);
  }
  if (unique.includes(code)) return uniqueViolation(columnsIn(message), sql, cause);
  if (foreignKey.includes(code)) return foreignKeyViolation(sql, cause);
  if ((code & 0xff) === busy || (code & 0xff) === locked) return databaseBusy(sql, cause);
  if (trouble.includes(code & 0xff) || (writes && (code & 0xff) === readOnly))
    return unusable(label, message, sql, cause);
  return refusedStatement(lost ? `${message}; the transaction is gone` : message, sql, cause);
}

// 'UNIQUE constraint failed: users.email, users.country'
function columnsIn(message: string): string[] {
  const list = /failed: (.*)$/.exec(message)?.[1] ?? '';
  return list.split(', ').map((name) => name.slice(name.indexOf('.') + 1));
}
