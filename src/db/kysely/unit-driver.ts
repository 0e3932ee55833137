import type { Driver, TransactionSettings } from 'kysely';
import type { Unit } from '../engine/database-engine.ts';
import { savepointCommands } from '../engine/savepoint-commands.ts';

/**
 * Kysely's own `transaction()`, `connection()` and savepoints over units. Inside of a transaction, `transaction()` is a savepoint, so
 * code that was written for a plain Kysely works with a session too.
 *
 * @param acquire Gives a unit for a statement or a `connection()`.
 */
export function unitDriver(acquire: () => Promise<Unit>): Driver {
  // Savepoints that stand for transactions inside of transactions.
  const inner = new WeakMap<Unit, string[]>();
  let names = 0;
  return {
    ...savepointCommands,
    init: async () => {},
    acquireConnection: acquire,
    async beginTransaction(unit: Unit, { isolationLevel, accessMode }: TransactionSettings) {
      if (!unit.isOpen) return unit.begin({ isolation: isolationLevel, readOnly: accessMode === 'read only' });
      const name = `cortado_t${++names}`;
      await savepointCommands.savepoint(unit, name);
      const stack = inner.get(unit);
      if (stack === undefined) inner.set(unit, [name]);
      else stack.push(name);
    },
    async commitTransaction(unit: Unit) {
      const name = inner.get(unit)?.pop();
      return name === undefined ? unit.commit() : savepointCommands.releaseSavepoint(unit, name);
    },
    async rollbackTransaction(unit: Unit) {
      const name = inner.get(unit)?.pop();
      return name === undefined ? unit.rollback() : savepointCommands.rollbackToSavepoint(unit, name);
    },
    async releaseConnection(unit: Unit) {
      await unit.release();
    },
    destroy: async () => {},
  };
}
