import type { FieldDef } from 'pg';
import type { Decode } from '../../engine/database-engine.ts';
import { decoded } from '../../engine/db-error.ts';

type Parse = (text: string) => unknown;

/** What the rows of a statement look like, and how they are made of what PostgreSQL sends. */
export class ResultShape {
  readonly fields: readonly FieldDef[];
  readonly #names: readonly string[];
  readonly #parse: readonly Parse[];
  readonly #empty: object;
  #decode: readonly (Decode | undefined)[] | undefined;

  constructor(fields: readonly FieldDef[], parserOf: (type: number) => Parse) {
    this.fields = fields;
    this.#names = fields.map(({ name }) => name);
    this.#parse = fields.map(({ dataTypeID }) => parserOf(dataTypeID));
    // Spread into each row, it makes them alike for V8, and a column "__proto__" a column like any other.
    const empty = Object.create(null) as Record<string, unknown>;
    for (const name of this.#names) empty[name] = null;
    this.#empty = { ...empty };
  }

  /** Whether it is known which of the columns are those of models. */
  get isDecoded(): boolean {
    return this.#decode !== undefined;
  }

  /** From now on, columns are decoded as models say. */
  decodeWith(decode: readonly (Decode | undefined)[]): void {
    this.#decode = decode;
  }

  /** A row of the texts that PostgreSQL sent. */
  row(texts: readonly (string | null)[]): Record<string, unknown> {
    const row = { ...this.#empty } as Record<string, unknown>;
    const decode = this.#decode;
    for (let at = 0; at < texts.length; at++) {
      const text = texts[at]!;
      const value = text === null ? null : this.#parse[at]!(text);
      const how = decode === undefined ? undefined : decode[at];
      row[this.#names[at]!] = how === undefined ? value : decoded(how, value, this.#names[at]!);
    }
    return row;
  }

  /** Decodes rows that were made before it was known how. */
  decodeLate(rows: readonly Record<string, unknown>[]): void {
    for (const [at, decode] of (this.#decode ?? []).entries()) {
      const name = this.#names[at]!;
      if (decode !== undefined) for (const row of rows) row[name] = decoded(decode, row[name], name);
    }
  }
}
