import { type Expression, type Kysely, type RawBuilder, type SqlBool, sql } from 'kysely';
import type { ModelDefinition } from '../table/definition.ts';
import type { AnyTables } from '../table/home.ts';
import type { Comparison } from './operators.ts';

const day = 86_400_000;

/** A condition, and the values that it binds, in their order. */
export interface BoundCondition {
  readonly expression: Expression<SqlBool>;
  readonly values: readonly unknown[];
}

/**
 * A column of SQLite as a moment, in the form that Cortado writes: other programs write texts without a zone, with a space, or with more digits, which are other
 * texts for the same moment.
 */
export function asMoment(of: string | RawBuilder<unknown>): RawBuilder<unknown> {
  const column = typeof of === 'string' ? sql.ref(of) : of;
  return sql`case when substr(${column}, 11, 1) = 'T' and substr(${column}, 24) = 'Z' then ${column} else coalesce(strftime('%Y-%m-%dT%H:%M:%fZ', ${column}), ${column}) end`;
}

// Rows that are looked at from either end of a table.
const sample = 1000;

/**
 * A value of a column of SQLite that is no text as Cortado writes moments, among the first and the last rows of its table; the definition is told.
 */
export async function findForeign(
  db: Kysely<AnyTables>,
  definition: ModelDefinition,
  name: string,
): Promise<string | undefined> {
  const { table, primary, knownMoments, otherMoments } = definition;
  const column = sql`select ${sql.ref(name)} as moment from ${sql.table(table)}`;
  const last =
    primary === undefined
      ? sql``
      : sql` union all select * from (${column} order by ${sql.ref(primary.name)} desc limit ${sql.lit(sample)})`;
  const found = await sql<{
    moment: unknown;
  }>`select moment || '' as moment from (select * from (${column} limit ${sql.lit(sample)})${last})
    where moment is not null and not (typeof(moment) = 'text' and substr(moment, 11, 1) = 'T' and substr(moment, 24) = 'Z') limit 1`.execute(
    db,
  );
  knownMoments.add(name);
  const [row] = found.rows;
  if (row === undefined) return undefined;
  otherMoments.add(name);
  return String(row.moment);
}

/**
 * Compares a column of SQLite with moments, whatever form its texts have. What they begin with, the day, is compared as it stands and in a day's
 * distance at least, so that an index finds the rows that are worth a look.
 */
export function momentCondition(
  of: string | RawBuilder<unknown>,
  what: Exclude<Comparison, { kind: 'text' }> | { kind: 'equal'; value: unknown },
): BoundCondition {
  const column = typeof of === 'string' ? sql.ref(of) : of;
  const moment = asMoment(column);
  const from = (value: Date): string => dayOf(value.getTime() - day);
  const to = (value: Date): string => dayOf(value.getTime() + 2 * day);
  switch (what.kind) {
    case 'equal': {
      const value = what.value as Date;
      const values = [from(value), to(value), value];
      return {
        expression: sql<SqlBool>`(${column} >= ${values[0]} and ${column} < ${values[1]} and ${moment} = ${value})`,
        values,
      };
    }
    case 'compare': {
      const value = what.value as Date;
      const after = what.operator.startsWith('>');
      const bound = after ? from(value) : to(value);
      const near = after ? sql`${column} >= ${bound}` : sql`${column} < ${bound}`;
      return {
        expression: sql<SqlBool>`(${near} and ${moment} ${sql.raw(what.operator)} ${value})`,
        values: [bound, value],
      };
    }
    case 'not':
      return { expression: sql<SqlBool>`${moment} is distinct from ${what.value}`, values: [what.value] };
    case 'oneOf': {
      const list = sql`(select value from json_each(${JSON.stringify(what.values)}))`;
      const expression = what.negated
        ? sql<SqlBool>`(${moment} not in ${list} or ${column} is null)`
        : sql<SqlBool>`${moment} in ${list}`;
      return { expression, values: [] };
    }
  }
}

// The first ten characters of a moment; what stands behind all years of four digits where there are none.
function dayOf(time: number): string {
  if (Number.isNaN(new Date(time).getTime())) return time < 0 ? '' : ':';
  const text = new Date(time).toISOString();
  return text.startsWith('+') ? ':' : text.startsWith('-') ? '' : text.slice(0, 10);
}
