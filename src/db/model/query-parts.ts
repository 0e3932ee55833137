import type { AliasedExpression, Expression, SqlBool } from 'kysely';
import { shown } from '../../base/check-values.ts';
import { CortadoError } from '../../base/error.ts';
import type { Builder } from './conditions/filter.ts';

export interface Parts {
  readonly conditions: readonly ((builder: Builder) => Expression<SqlBool>)[];
  /** What the conditions look like, and their values; no shape where they are compiled each time. */
  readonly shape: string | undefined;
  readonly values: readonly unknown[];
  readonly order: readonly string[];
  readonly limit: number | undefined;
  readonly offset: number | undefined;
  /** What is read beside the columns, for the cursor of a page. */
  readonly marks?: readonly AliasedExpression<unknown, string>[] | undefined;
}

/** Of a query that was told nothing. */
export const everything: Parts = {
  conditions: [],
  shape: '',
  values: [],
  order: [],
  limit: undefined,
  offset: undefined,
};
/** A number of rows. Throws `CORTADO_DB_FILTER`. */
export function wholeCount(what: string, count: number): number {
  if (!Number.isSafeInteger(count) || count < 0)
    throw new CortadoError('CORTADO_DB_FILTER', `${what}() takes a whole number of rows, not ${shown(count)}.`);
  return count;
}
