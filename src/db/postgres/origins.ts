import type { FieldDef } from 'pg';
import type { Decode, Decoders } from '../engine/database-engine.ts';

/** Sends a statement, with Cortado's errors. */
export type Ask = (text: string, values: readonly unknown[]) => Promise<readonly Record<string, unknown>[]>;

/** Finds the model's decoder for a column of a result: PostgreSQL says which column of which table it shows, as numbers. */
export class Origins {
  readonly #decoders: Decoders;
  readonly #tables = new Map<number, ReadonlyMap<number, Decode>>();

  constructor(decoders: Decoders) {
    this.#decoders = decoders;
  }

  /** The decoders of columns, or `undefined` as long as one of their tables is not known. */
  decodersOf(fields: readonly FieldDef[]): (Decode | undefined)[] | undefined {
    if (this.#unknown(fields).length > 0) return undefined;
    return fields.map(({ tableID, columnID }) => this.#tables.get(tableID)?.get(columnID));
  }

  /** Asks for the tables that are not known. */
  async learn(ask: Ask, fields: readonly FieldDef[]): Promise<void> {
    for (const table of this.#unknown(fields)) await this.#learnTable(ask, table);
  }

  #unknown(fields: readonly FieldDef[]): number[] {
    if (this.#decoders.size === 0) return [];
    const tables = new Set(fields.map(({ tableID }) => tableID));
    return [...tables].filter((table) => table !== 0 && !this.#tables.has(table));
  }

  async #learnTable(ask: Ask, tableId: number): Promise<void> {
    const rows = await ask(
      `select c.relname as "table", a.attname as "column", a.attnum as "number" from pg_catalog.pg_class c
        join pg_catalog.pg_attribute a on a.attrelid = c.oid where c.oid = $1 and a.attnum > 0`,
      [tableId],
    );
    const columns = new Map<number, Decode>();
    for (const { table, column, number } of rows as { table: string; column: string; number: number }[]) {
      const decode = this.#decoders.get(table)?.get(column);
      if (decode !== undefined) columns.set(number, decode);
    }
    this.#tables.set(tableId, columns);
  }
}
