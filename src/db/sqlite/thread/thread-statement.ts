import type { SQLInputValue, StatementSync } from 'node:sqlite';
import type { OperationResult, ResultColumn, RowsResult, RunOperation, Sendable } from './protocol.ts';

/** A prepared statement, and what its rows look like. */
export class ThreadStatement {
  readonly #statement: StatementSync;
  readonly #nextShape: () => number;
  #shape: number;
  #columns: readonly ResultColumn[];
  #isShapeNew = true;
  #readsBigInts = false;

  constructor(statement: StatementSync, nextShape: () => number) {
    this.#statement = statement;
    this.#nextShape = nextShape;
    this.#shape = nextShape();
    this.#columns = columnsOf(statement);
    statement.setReturnArrays(true);
  }

  run(operation: RunOperation): OperationResult {
    const values = bound(operation.values);
    if (this.#columns.length === 0) {
      // The last rowid comes along with whatever the connection runs, and fails it where it is beyond 2^53.
      if (!this.#readsBigInts) this.#readBigInts();
      const { changes, lastInsertRowid } = this.#statement.run(...values);
      return { kind: 'changes', changes: Number(changes), insertId: lastInsertRowid };
    }
    const rows = this.#all(values, operation.repeatable);
    return this.rows(
      rows.length === 1 ? exact(rows[0]!) : exact(rows.flat()),
      operation.repeatable ? undefined : rows.length,
    );
  }

  *iterate(operation: RunOperation): Generator<Sendable[]> {
    this.#statement.setReadBigInts(true);
    for (const row of this.#statement.iterate(...bound(operation.values)) as Iterable<unknown>)
      yield exact(row as Sendable[]);
  }

  rows(values: readonly Sendable[], changes?: number): RowsResult {
    this.#checkColumns();
    const columns = this.#isShapeNew ? this.#columns : undefined;
    this.#isShapeNew = false;
    return { kind: 'rows', shape: this.#shape, columns, values, changes };
  }

  // Reading every integer as a BigInt costs, and nearly none needs it; a statement that found one reads so from then on. A statement
  // that writes cannot be run again, so it always does.
  #all(values: SQLInputValue[], repeatable: boolean): Sendable[][] {
    if (!repeatable && !this.#readsBigInts) this.#readBigInts();
    try {
      return this.#statement.all(...values) as unknown as Sendable[][];
    } catch (error) {
      if ((error as { code?: string }).code !== 'ERR_OUT_OF_RANGE' || this.#readsBigInts) throw error;
      this.#readBigInts();
      return this.#statement.all(...values) as unknown as Sendable[][];
    }
  }

  #readBigInts(): void {
    this.#readsBigInts = true;
    this.#statement.setReadBigInts(true);
  }

  // SQLite prepares a statement again when the schema has changed, and `select *` then has other columns.
  #checkColumns(): void {
    const columns = columnsOf(this.#statement);
    if (
      columns.length === this.#columns.length &&
      columns.every(({ name }, index) => name === this.#columns[index]!.name)
    )
      return;
    this.#columns = columns;
    this.#shape = this.#nextShape();
    this.#isShapeNew = true;
  }
}

function columnsOf(statement: StatementSync): ResultColumn[] {
  return statement.columns().map(({ name, table, column }) => ({ name: name ?? '', table, column }));
}

// SQLite would take a JavaScript integer for a REAL: '5.0' in a text column, 2.5 for 5 / 2.
function bound(values: readonly Sendable[]): SQLInputValue[] {
  return values.map((value) => (typeof value === 'number' && Number.isSafeInteger(value) ? BigInt(value) : value));
}

// An integer that a number holds exactly is a number.
function exact(values: Sendable[]): Sendable[] {
  for (let index = 0; index < values.length; index++) {
    const value = values[index];
    if (typeof value === 'bigint' && value <= most && value >= -most) values[index] = Number(value);
  }
  return values;
}

const most = BigInt(Number.MAX_SAFE_INTEGER);
