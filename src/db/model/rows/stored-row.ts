import { isDeepStrictEqual } from 'node:util';
import { CortadoError } from '../../../base/error.ts';
import { isUndone, type Savepoint } from '../../session/savepoints.ts';
import type { Column } from '../table/column-type.ts';
import type { ModelDefinition } from '../table/definition.ts';

type Values = Record<string, unknown>;

/** What a row was part of: its rows are gone once it is `undone`, as are those of what it was inside of. */
export type Fate = Savepoint;

/** The values of a row as the database has them, as far as its instance knows. */
export interface Stored {
  readonly values: Values | undefined;
  /** The transaction in which they were read or written. */
  readonly fate: Fate | undefined;
  /** What holds where that was rolled back. */
  readonly before: Stored | undefined;
}

/**
 * Takes down what a row holds, to be compared with later: what could be changed in place, JSON and dates, is copied. The row that is passed
 * is kept, so it must be nobody else's.
 */
export function takenDown({ mutable }: ModelDefinition, row: Values): Values {
  for (const { name, kind } of mutable) {
    const value = row[name];
    if (value === null || value === undefined) continue;
    row[name] = kind === 'json' ? JSON.stringify(value) : new Date(value as Date);
  }
  return row;
}

/**
 * Takes down a row that a database gave.
 *
 * @throws CortadoError `CORTADO_DB_ROW_INVALID` for an integer beyond 2^53 where the model has a number: that would be another one.
 */
export function asRead(definition: ModelDefinition, row: Values): Values {
  for (const { name } of definition.numbers)
    if (typeof row[name] === 'bigint')
      throw new CortadoError(
        'CORTADO_DB_ROW_INVALID',
        `Column "${name}" of "${definition.table}" holds ${row[name]}, which no JavaScript number can hold exactly: declare it as z.bigint().`,
      );
  return takenDown(definition, row);
}

/** What rows that come through `db` are part of. */
export function fateOf(db: object): Fate | undefined {
  return (db as { readonly '~fate'?: Fate })['~fate'];
}

/** What is known of a row: what a transaction wrote that was rolled back is not. */
export function knownOf(stored: Stored | undefined): Values | undefined {
  let at = stored;
  while (at !== undefined && isUndone(at.fate)) at = at.before;
  return at?.values;
}

/** What is known once a row was read or written; what was before is kept as long as that may be rolled back. */
export function learned(values: Values, fate: Fate | undefined, before: Stored | undefined): Stored {
  const isOpen = fate !== undefined && before !== undefined;
  return { values, fate, before: isOpen ? (before.fate === fate ? before.before : before) : undefined };
}

/** Nothing is known of a row that was deleted, unless that is rolled back. */
export function gone(fate: Fate | undefined, before: Stored | undefined): Stored | undefined {
  return fate === undefined ? undefined : { values: undefined, fate, before };
}

/** What an instance has that the database has not; all that it has, where nothing is known. Times of changes are the model's. */
export function changesOf({ columns }: ModelDefinition, row: Values, known: Values | undefined): Values {
  const changes: Values = {};
  for (const column of columns) {
    const { name, now, version, isUndefined } = column;
    if (now === 'update' || version === true) continue;
    if (known === undefined ? name in row : isChanged(column, row[name], known[name]))
      if (row[name] !== undefined || isUndefined) changes[name] = row[name];
  }
  return changes;
}

/** Brings what a statement gave into an instance, but for what was changed there since it was sent. */
export function bringIn({ columns }: ModelDefinition, row: Values, sent: Values, saved: Values): void {
  for (const column of columns)
    if (!isChanged(column, row[column.name], sent[column.name])) row[column.name] = saved[column.name];
}

/** Gives columns whose values were taken away, and which cannot be empty, the known ones again. */
export function restore({ columns }: ModelDefinition, row: Values, known: Values): void {
  for (const { name, kind } of columns)
    if (row[name] === undefined && known[name] !== undefined)
      row[name] = kind === 'json' && known[name] !== null ? JSON.parse(known[name] as string) : known[name];
}

function isChanged({ kind }: Column, value: unknown, known: unknown): boolean {
  if (value === known) return false;
  if (value === null || value === undefined || known === null || known === undefined) return true;
  if (kind === 'date') return !(value instanceof Date && known instanceof Date && value.getTime() === known.getTime());
  if (kind !== 'json') return true;
  const text = JSON.stringify(value);
  return text !== known && !(text !== undefined && isDeepStrictEqual(JSON.parse(text), JSON.parse(known as string)));
}
