import { CompiledQuery, type Driver, type TransactionSettings } from 'kysely';
import type { Unit } from '../engine/database-engine.ts';

export interface UnitDriverOptions {
  /** Gives a unit for a statement or a `connection()`. */
  readonly acquire: () => Promise<Unit>;
}

/**
 * Kysely's own `transaction()`, `connection()` and savepoints over units. Inside of a transaction, `transaction()` is a savepoint, so
 * code that was written for a plain Kysely works with a session too.
 */
export class UnitDriver implements Driver {
  readonly #options: UnitDriverOptions;
  // Savepoints that stand for transactions inside of transactions.
  readonly #inner = new WeakMap<object, string[]>();
  #names = 0;

  constructor(options: UnitDriverOptions) {
    this.#options = options;
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<Unit> {
    return this.#options.acquire();
  }

  async beginTransaction(unit: Unit, { isolationLevel, accessMode }: TransactionSettings): Promise<void> {
    if (!unit.isOpen) return unit.begin({ isolation: isolationLevel, readOnly: accessMode === 'read only' });
    const name = `cortado_t${++this.#names}`;
    await this.savepoint(unit, name);
    this.#stack(unit).push(name);
  }

  async commitTransaction(unit: Unit): Promise<void> {
    const name = this.#stack(unit).pop();
    return name === undefined ? unit.commit() : this.releaseSavepoint(unit, name);
  }

  async rollbackTransaction(unit: Unit): Promise<void> {
    const name = this.#stack(unit).pop();
    return name === undefined ? unit.rollback() : this.rollbackToSavepoint(unit, name);
  }

  async savepoint(unit: Unit, name: string): Promise<void> {
    await unit.executeQuery(CompiledQuery.raw(`savepoint ${quoted(name)}`));
  }

  async rollbackToSavepoint(unit: Unit, name: string): Promise<void> {
    await unit.executeQuery(CompiledQuery.raw(`rollback to savepoint ${quoted(name)}`));
  }

  async releaseSavepoint(unit: Unit, name: string): Promise<void> {
    await unit.executeQuery(CompiledQuery.raw(`release savepoint ${quoted(name)}`));
  }

  async releaseConnection(unit: Unit): Promise<void> {
    await unit.release();
  }

  async destroy(): Promise<void> {}

  #stack(unit: Unit): string[] {
    let stack = this.#inner.get(unit);
    if (stack === undefined) this.#inner.set(unit, (stack = []));
    return stack;
  }
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
