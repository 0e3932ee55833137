import type { Decode, Decoders } from '../engine/database-engine.ts';
import { decoded } from '../engine/db-error.ts';
import type { ResultColumn } from './thread/protocol.ts';

/**
 * Turns the flat values of a result into rows. A column that shows one of a model is decoded as the model says, whatever the statement
 * calls it: so rows read through Kysely and rows read through a model hold the same values.
 */
export class RowShape {
  readonly #names: readonly string[];
  readonly #decode: readonly (Decode | undefined)[];

  constructor(columns: readonly ResultColumn[], decoders: Decoders) {
    this.#names = columns.map(({ name }) => name);
    this.#decode = columns.map(({ table, column }) => decoders.get(table ?? '')?.get(column ?? ''));
  }

  rows<R>(values: readonly unknown[]): R[] {
    const width = this.#names.length;
    const rows: R[] = [];
    for (let start = 0; start < values.length; start += width) rows.push(this.#row(values, start) as R);
    return rows;
  }

  #row(values: readonly unknown[], start: number): Record<string, unknown> {
    const row: Record<string, unknown> = {};
    for (let index = 0; index < this.#names.length; index++) {
      const decode = this.#decode[index];
      const value = values[start + index];
      row[this.#names[index]!] = decode === undefined ? value : decoded(decode, value, this.#names[index]!);
    }
    return row;
  }
}
