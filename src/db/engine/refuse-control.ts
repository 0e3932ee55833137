import type { CompiledQuery } from 'kysely';
import { DatabaseError } from './db-error.ts';

const control = /^\s*(begin|start\s+transaction|commit|end|abort|rollback(?!\s+(work\s+|transaction\s+)?to\b))\b/i;

/**
 * Refuses statements that begin or end a transaction behind a session's back: on a shared connection they would change everybody's.
 *
 * @throws DatabaseError `CORTADO_DB_TRANSACTION`.
 */
export function refuseControl({ query, sql }: CompiledQuery): void {
  if (query.kind === 'RawNode' && control.test(sql))
    throw new DatabaseError(
      'CORTADO_DB_TRANSACTION',
      'Transactions are begun and ended by db.transaction(), session.savepoint() and transaction().execute(), not by statements.',
      { sql },
    );
}
