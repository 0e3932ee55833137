import { type AliasedExpression, type Expression, type SqlBool, sql } from 'kysely';
import { CortadoError } from '../../../base/error.ts';
import { invalidCursor } from '../../../inject/invalid-cursor.ts';
import type { Column, ColumnKind } from '../table/column-type.ts';
import type { ModelDefinition } from '../table/definition.ts';
import { whyNotHeld } from '../table/held-values.ts';
import { modelError } from '../table/model-error.ts';
import { isOwnForm, momentOf } from '../table/moments.ts';
import { type Builder, isComparable } from './filter.ts';
import { momentCondition } from './moment-condition.ts';
import { columnOfOrder } from './row-order.ts';

interface Key {
  readonly column: Column;
  readonly descending: boolean;
}

/** The order of rows that are read a page at a time, each page from where the last one ended. */
export class Keyset {
  /** The order with the primary key at its end, so that no two rows stand at the same place. */
  readonly order: readonly string[];
  readonly #keys: readonly Key[];
  readonly #isSqlite: boolean;

  constructor(definition: ModelDefinition, order: readonly string[]) {
    const { primary, table, byName, home } = definition;
    this.#isSqlite = home.kind === 'sqlite';
    if (primary === undefined)
      throw modelError(`model "${table}" has no primary key, so its rows cannot be read page by page.`);
    const hasPrimary = order.some((name) => columnOfOrder(name) === primary.name);
    this.order = hasPrimary ? order : [...order, primary.name];
    this.#keys = this.order.map((name) => ({
      column: byName.get(columnOfOrder(name))!,
      descending: name.startsWith('-'),
    }));
    const unusable = this.#keys.find(
      ({ column }) => column.nullable || column.kind === 'json' || column.kind === 'boolean',
    );
    if (unusable !== undefined)
      throw new CortadoError(
        'CORTADO_DB_FILTER',
        `order of "${table}": pages cannot go by "${unusable.column.name}", which is nullable, JSON or a boolean.`,
      );
  }

  /** What is read beside the columns: dates of PostgreSQL as texts, which have the microseconds that a JavaScript date has not. */
  get marks(): AliasedExpression<unknown, string>[] | undefined {
    const dates = this.#isSqlite ? [] : this.#keys.filter(({ column }) => column.kind === 'date');
    return dates.length === 0
      ? undefined
      : dates.map(({ column: { name } }) => sql`${sql.ref(name)}::text`.as(markOf(name)));
  }

  /** A row without those. */
  unmarked(row: Record<string, unknown>): Record<string, unknown> {
    if (this.#isSqlite) return row;
    for (const { column } of this.#keys) if (column.kind === 'date') delete row[markOf(column.name)];
    return row;
  }

  /** A text that stands for the place after a row. */
  cursorOf(row: Record<string, unknown>): string {
    const values = this.#keys.map(({ column: { name } }) => toText(row[markOf(name)] ?? row[name]));
    return Buffer.from(JSON.stringify([this.order.join(), ...values])).toString('base64url');
  }

  /** The condition that rows after a cursor meet. Throws `CORTADO_DB_CURSOR` (422 in a request) for a text that is no cursor of this order. */
  after(cursor: string): (builder: Builder) => Expression<SqlBool> {
    const values = this.#parse(cursor);
    // Further in the first column, or level with it and further in the second, and so on.
    return (builder) =>
      builder.or(
        this.#keys.map((key, index) => {
          const level = this.#keys
            .slice(0, index)
            .map(({ column }, at) => this.#compare(builder, column, '=', values[at]));
          return builder.and([...level, this.#compare(builder, key.column, key.descending ? '<' : '>', values[index])]);
        }),
      );
  }

  #compare(builder: Builder, { name, kind }: Column, operator: '=' | '<' | '>', value: unknown): Expression<SqlBool> {
    if (!this.#isSqlite || kind !== 'date') return builder(name, operator, value);
    return momentCondition(name, operator === '=' ? { kind: 'equal', value } : { kind: 'compare', operator, value })
      .expression;
  }

  #parse(cursor: string): unknown[] {
    const invalid = (): Error => invalidCursor('pageAfter()', cursor, 'CORTADO_DB_CURSOR');
    let parsed: unknown;
    try {
      parsed = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    } catch {
      throw invalid();
    }
    if (!Array.isArray(parsed) || parsed.length !== this.#keys.length + 1 || parsed[0] !== this.order.join())
      throw invalid();
    return this.#keys.map(({ column }, index) => {
      const given: unknown = parsed[index + 1];
      if (!this.#isSqlite && column.kind === 'date' && isMark(given)) return given;
      const value = fromText(column.kind, given);
      if (!isComparable[column.kind](value) || whyNotHeld(column.kind, value) !== undefined) throw invalid();
      return value;
    });
  }
}

function markOf(name: string): string {
  return `${name} as text`;
}

// As PostgreSQL writes it, in the zone of its session, and reads it again: a day and a zone that there are.
function isMark(text: unknown): boolean {
  if (
    typeof text !== 'string' ||
    !/^\d{4}-\d\d-\d\d(?: \d\d:\d\d:\d\d(?:\.\d{1,6})?(?:[+-](?:0\d|1[0-5])(?::[0-5]\d)?)?)?$/.test(text)
  )
    return false;
  const [day, moment] = [momentOf(text.slice(0, 10)), momentOf(text)];
  if (Number.isNaN(moment.getTime()) || Number.isNaN(day.getTime())) return false;
  // JavaScript takes February 30 for the first of March.
  return day.toISOString().startsWith(text.slice(0, 10)) && !moment.toISOString().startsWith('0000');
}

function toText(value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value;
}

function fromText(kind: ColumnKind, value: unknown): unknown {
  if (typeof value !== 'string') return value;
  if (kind === 'date') return isOwnForm(value) ? new Date(value) : undefined;
  if (kind === 'bigint') return /^-?\d{1,19}$/.test(value) ? BigInt(value) : undefined;
  return value;
}
