import type { FieldDef, PoolClient } from 'pg';
import type { Decode, Decoders } from '../engine.ts';

/** Finds the model's decoder for a column of a result: PostgreSQL says which column of which table it shows, as numbers. */
export class Origins {
  readonly #decoders: Decoders;
  readonly #tables = new Map<number, ReadonlyMap<number, Decode>>();

  constructor(decoders: Decoders) {
    this.#decoders = decoders;
  }

  /** Decodes rows in place; gives a promise when a table is met for the first time. */
  decode(
    client: PoolClient,
    fields: readonly FieldDef[],
    rows: readonly Record<string, unknown>[],
  ): Promise<void> | undefined {
    if (rows.length === 0 || this.#decoders.size === 0) return undefined;
    if (fields.some(({ tableID }) => tableID !== 0 && !this.#tables.has(tableID)))
      return this.#learnAll(client, fields).then(() => this.decode(client, fields, rows));
    for (const { tableID, columnID, name } of fields) {
      const decode = this.#tables.get(tableID)?.get(columnID);
      if (decode !== undefined) for (const row of rows) row[name] = decode(row[name]);
    }
    return undefined;
  }

  async #learnAll(client: PoolClient, fields: readonly FieldDef[]): Promise<void> {
    for (const tableId of new Set(fields.map(({ tableID }) => tableID)))
      if (tableId !== 0 && !this.#tables.has(tableId)) await this.#learn(client, tableId);
  }

  async #learn(client: PoolClient, tableId: number): Promise<void> {
    const { rows } = await client.query<{ table: string; column: string; number: number }>({
      text: `select c.relname as "table", a.attname as "column", a.attnum as "number" from pg_catalog.pg_class c
        join pg_catalog.pg_attribute a on a.attrelid = c.oid where c.oid = $1 and a.attnum > 0`,
      values: [tableId],
    });
    const columns = new Map<number, Decode>();
    for (const { table, column, number } of rows) {
      const decode = this.#decoders.get(table)?.get(column);
      if (decode !== undefined) columns.set(number, decode);
    }
    this.#tables.set(tableId, columns);
  }
}
