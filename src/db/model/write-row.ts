import type { z } from 'zod';
import { CortadoError } from '../../base/error.ts';
import type { ModelDefinition } from './definition.ts';

/**
 * Checks the values of a new row and fills in defaults and times.
 *
 * @throws CortadoError `CORTADO_DB_ROW_INVALID`, naming the fields.
 */
export function newRow(definition: ModelDefinition, data: unknown): Record<string, unknown> {
  const values = checked(definition, definition.input, data);
  const now = new Date();
  for (const { name, now: when } of definition.columns) if (when !== undefined) values[name] ??= now;
  return forDatabase(definition, values);
}

/** The same for a change of some values; only what is given changes, apart from the time of the change. */
export function changedRow(definition: ModelDefinition, data: unknown): Record<string, unknown> {
  const values = checked(definition, definition.patch, data);
  for (const { name, now } of definition.columns) if (now === 'update') values[name] ??= new Date();
  return forDatabase(definition, values);
}

function checked(definition: ModelDefinition, schema: z.ZodObject, data: unknown): Record<string, unknown> {
  const result = schema.safeParse(data);
  if (result.success) return result.data;
  const issues = result.error.issues.map(({ path, message }) =>
    path.length === 0 ? message : `${path.join('.')}: ${message}`,
  );
  throw new CortadoError(
    'CORTADO_DB_ROW_INVALID',
    `A row of "${definition.table}" cannot be stored. ${issues.join('; ')}.`,
  );
}

function forDatabase(definition: ModelDefinition, values: Record<string, unknown>): Record<string, unknown> {
  const row: Record<string, unknown> = {};
  for (const column of definition.columns) {
    const value = values[column.name];
    if (value !== undefined) row[column.name] = value;
    else if (column.isUndefined && column.name in values) row[column.name] = null;
  }
  return row;
}
