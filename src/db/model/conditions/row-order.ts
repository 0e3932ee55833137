import type { Kysely, SelectQueryBuilder } from 'kysely';
import { CortadoError } from '../../../base/error.ts';
import type { ModelDefinition } from '../table/definition.ts';
import type { AnyTables } from '../table/home.ts';
import { asMoment, findForeign } from './moment-condition.ts';

export type Select = SelectQueryBuilder<AnyTables, string, Record<string, unknown>>;

/** The column of an order, which has `-` in front where the largest comes first. */
export function columnOfOrder(order: string): string {
  return order.startsWith('-') ? order.slice(1) : order;
}

/** Refuses an order by a column that is none. @throws CortadoError `CORTADO_DB_FILTER`. */
export function checkOrder({ byName, table, columnNames }: ModelDefinition, order: string): void {
  const name = columnOfOrder(order);
  if (!byName.has(name))
    throw new CortadoError(
      'CORTADO_DB_FILTER',
      `order of "${table}": there is no column "${name}"; known are ${columnNames.join(', ')}.`,
    );
}

/** Puts rows in an order; moments of SQLite by what they mean, where their texts do not sort so. */
export function ordered(select: Select, definition: ModelDefinition, order: readonly string[]): Select {
  let query = select;
  for (const one of order) {
    const name = columnOfOrder(one);
    const by = definition.otherMoments.has(name) && definition.home.kind === 'sqlite' ? asMoment(name) : name;
    query = query.orderBy(by as string, one.startsWith('-') ? 'desc' : 'asc');
  }
  return query;
}

/** Columns of dates that SQLite orders by, each with whether it holds moments of another form; `undefined` where there are none. */
export function momentsIn(
  { mutable, otherMoments, home, byName }: ModelDefinition,
  order: readonly string[],
): string | undefined {
  if (order.length === 0 || mutable.length === 0 || home.kind !== 'sqlite') return undefined;
  const names = order.map(columnOfOrder).filter((name) => byName.get(name)?.kind === 'date');
  return names.length === 0 ? undefined : names.map((name) => `${name} ${otherMoments.has(name)}`).join();
}

/** Looks whether such columns hold moments of another form. Once: an order by what texts mean can use no index, so it is for tables that need it. */
export async function lookAtMoments(
  db: Kysely<AnyTables>,
  definition: ModelDefinition,
  order: readonly string[],
): Promise<void> {
  for (const name of order.map(columnOfOrder))
    if (definition.byName.get(name)?.kind === 'date' && !definition.knownMoments.has(name))
      await findForeign(db, definition, name);
}
