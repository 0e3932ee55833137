import { type Expression, type ExpressionBuilder, type SqlBool, sql } from 'kysely';
import type { z } from 'zod';
import { CortadoError } from '../../../base/error.ts';
import { shortened } from '../../engine/shortened.ts';
import type { Column, ColumnKind } from '../table/column-type.ts';
import type { Fields, ModelDefinition } from '../table/definition.ts';
import { checkHeld } from '../table/held-values.ts';
import type { AnyTables, DatabaseKind } from '../table/home.ts';
import { type BoundCondition, momentCondition } from './moment-condition.ts';
import { type Comparison, comparisonOf, type Operator } from './operators.ts';

// `undefined` is how an optional field reads NULL; in a filter NULL is always `null`.
type Stored<T> = Exclude<T, undefined> | (undefined extends T ? null : never);

/** What rows are matched by: values to be equal to, `null` for none, or operators; all of them must match. */
export type Filter<F extends Fields> = {
  readonly [K in keyof F]?: Stored<z.output<F[K]>> | Operator<Stored<z.output<F[K]>>>;
};

export type Builder = ExpressionBuilder<AnyTables, string>;

/** A filter as part of a statement. */
export interface Conditions {
  readonly build: (builder: Builder) => Expression<SqlBool>[];
  /** Tells it from filters that make other SQL; `undefined` where that cannot be told shortly. */
  readonly shape: string | undefined;
  /** What it compares with, in the order of the parameters. */
  readonly values: readonly unknown[];
}

/**
 * Turns a filter into conditions.
 *
 * @throws CortadoError `CORTADO_DB_FILTER` for unknown columns, and for values that a column cannot be compared with: an object from a
 * request is never taken for an operator.
 */
export function conditionsOf(definition: ModelDefinition, filter: object, kind: DatabaseKind): Conditions {
  // What has no members would match every row.
  if (typeof filter !== 'object' || filter === null || Array.isArray(filter))
    fail(definition, `expected an object, { column: value }, not ${describe(filter)}`);
  const parts = Object.entries(filter).map(([name, value]) => {
    const column = definition.byName.get(name);
    if (column === undefined)
      fail(definition, `there is no column "${shortened(name, 100)}"; known are ${definition.columnNames.join(', ')}`);
    const what = comparisonOf(value) ?? ({ kind: 'equal', value } as const);
    for (const one of 'values' in what ? what.values : ['text' in what ? what.text : what.value])
      checkValue(definition, column, one);
    return { name, what, moment: momentOf(column, what, kind) };
  });
  return {
    build: (builder) =>
      parts.map(({ name, what, moment }) => moment?.expression ?? condition(builder, name, what, kind)),
    shape: shapeOf(parts),
    values: parts.flatMap(
      ({ what, moment }) => moment?.values ?? ('value' in what && what.value !== null ? [what.value] : []),
    ),
  };
}

// SQLite has no type for moments, so texts of another form are compared by what they mean.
function momentOf(column: Column, what: Condition, kind: DatabaseKind): BoundCondition | undefined {
  if (kind === 'postgres' || column.kind !== 'date' || what.kind === 'text') return undefined;
  if ('values' in what ? what.values.length === 0 : what.value === null) return undefined;
  return momentCondition(column.name, what);
}

function shapeOf(parts: readonly { readonly name: string; readonly what: Condition }[]): string | undefined {
  let shape = '';
  for (const { name, what } of parts) {
    if (!('value' in what)) return undefined;
    const operator = what.kind === 'compare' ? what.operator : what.kind;
    shape += `${JSON.stringify(name)} ${operator}${what.value === null ? ' null' : ''};`;
  }
  return shape;
}

type Condition = Comparison | { readonly kind: 'equal'; readonly value: unknown };

function condition(builder: Builder, name: string, what: Condition, kind: DatabaseKind): Expression<SqlBool> {
  switch (what.kind) {
    case 'equal':
      return what.value === null ? builder(name, 'is', null) : builder(name, '=', what.value);
    case 'compare':
      return builder(name, what.operator, what.value);
    case 'not':
      return what.value === null ? builder(name, 'is not', null) : builder(name, 'is distinct from', what.value);
    case 'oneOf':
      return oneOfCondition(builder, name, what, kind);
    case 'text':
      return textCondition(name, what, kind);
  }
}

function oneOfCondition(
  builder: Builder,
  name: string,
  { values, negated }: Comparison & { kind: 'oneOf' },
  kind: DatabaseKind,
): Expression<SqlBool> {
  if (values.length === 0) return negated ? sql<SqlBool>`1 = 1` : sql<SqlBool>`1 = 0`;
  if (values.length > mostInList) {
    const isIn = inOneValue(name, values, negated, kind);
    return negated ? builder.or([isIn, builder(name, 'is', null)]) : isIn;
  }
  if (!negated) return builder(name, 'in', values);
  return builder.or([builder(name, 'not in', values), builder(name, 'is', null)]);
}

// More than this go as one value: a statement takes 32,766 on SQLite and 65,535 on PostgreSQL.
const mostInList = 1_000;

function inOneValue(
  name: string,
  values: readonly unknown[],
  negated: boolean,
  kind: DatabaseKind,
): Expression<SqlBool> {
  const column = sql.ref(name);
  if (kind === 'postgres')
    return negated ? sql<SqlBool>`${column} <> all(${values})` : sql<SqlBool>`${column} = any(${values})`;
  const list = typeof values[0] === 'bigint' ? `[${values.join()}]` : JSON.stringify(values);
  return sql<SqlBool>`${column} ${sql.raw(negated ? 'not in' : 'in')} (select value from json_each(${list}))`;
}

// SQLite's LIKE ignores case, so what heeds it is a GLOB, which can use an index too.
function textCondition(name: string, what: Comparison & { kind: 'text' }, kind: DatabaseKind): Expression<SqlBool> {
  const { before, text, after, ignoreCase } = what;
  if (kind === 'sqlite' && !ignoreCase) {
    const pattern = `${before ? '*' : ''}${text.replace(/[*?[]/g, '[$&]')}${after ? '*' : ''}`;
    return sql<SqlBool>`${sql.ref(name)} glob ${pattern}`;
  }
  const pattern = `${before ? '%' : ''}${text.replace(/[\\%_]/g, '\\$&')}${after ? '%' : ''}`;
  const like = sql.raw(kind === 'postgres' && ignoreCase ? 'ilike' : 'like');
  return sql<SqlBool>`${sql.ref(name)} ${like} ${pattern} escape '\\'`;
}

/** Whether a column of a kind can be compared with a value. */
export const isComparable: Readonly<Record<ColumnKind, (value: unknown) => boolean>> = {
  text: (value) => typeof value === 'string',
  integer: (value) => typeof value === 'number',
  smallInteger: (value) => typeof value === 'number',
  real: (value) => typeof value === 'number',
  boolean: (value) => typeof value === 'boolean',
  date: (value) => value instanceof Date && !Number.isNaN(value.getTime()),
  bigint: (value) => typeof value === 'bigint',
  json: () => false,
};

function checkValue(definition: ModelDefinition, column: Column, value: unknown): void {
  if (value === null) return;
  if (isComparable[column.kind](value)) {
    checkHeld(column, value);
    return;
  }
  const what = value === undefined ? 'undefined (use null, or leave it out)' : describe(value);
  const hint =
    column.kind === 'json' ? '; JSON is searched with Kysely' : Array.isArray(value) ? '; use oneOf([…])' : '';
  fail(definition, `column "${column.name}" cannot be compared with ${what}${hint}`);
}

function describe(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value !== 'object') return `a ${typeof value}`;
  return Array.isArray(value) ? 'an array' : value instanceof Date ? 'a date' : 'an object';
}

function fail(definition: ModelDefinition, why: string): never {
  throw new CortadoError('CORTADO_DB_FILTER', `filter on "${definition.table}": ${why}.`);
}
