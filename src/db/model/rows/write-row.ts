import type { z } from 'zod';
import { CortadoError } from '../../../base/error.ts';
import { type Shortcut, shortcutOf } from '../../../schema/library/validator.ts';
import { refused } from '../../../schema/library/zod-compiler.ts';
import { shortened } from '../../engine/shortened.ts';
import type { ModelDefinition } from '../table/definition.ts';
import { checkHeld } from '../table/held-values.ts';

/** Checks the values of a new row and fills in defaults and times. Throws `CORTADO_DB_ROW_INVALID`, naming the fields. */
export function newRow(definition: ModelDefinition, data: unknown): Record<string, unknown> {
  const values = parsed(definition, definition.input, data);
  const now = new Date();
  for (const { name, now: when } of definition.columns) if (when !== undefined) values[name] ??= now;
  if (definition.version !== undefined) values[definition.version.name] ??= 1;
  return forDatabase(definition, values);
}

/** The same for a change of some values; only what is given changes, apart from the time of the change. */
export function changedRow(definition: ModelDefinition, data: unknown): Record<string, unknown> {
  const values = parsed(definition, definition.patch, data);
  for (const { name, now } of definition.columns) if (now === 'update') values[name] ??= new Date();
  return forDatabase(definition, values);
}

/**
 * Gives what a check gives. Where it throws, the session of the running code learns of it before whoever waits does. Not a promise where
 * it is right: the session must be opened in this turn, else one that nobody awaits comes after the end of its request.
 */
export function checked<T>(definition: ModelDefinition, check: () => T): T | Promise<never> {
  try {
    return check();
  } catch (error) {
    return definition.failed(error);
  }
}

const mostIssues = 10;

const shortcuts = new WeakMap<z.ZodObject, Shortcut>();

function parsed(definition: ModelDefinition, schema: z.ZodObject, data: unknown): Record<string, unknown> {
  let shortcut = shortcuts.get(schema);
  if (shortcut === undefined) shortcuts.set(schema, (shortcut = shortcutOf(schema)!));
  const made = shortcut.parser(data);
  if (made !== refused && shortcut.isWhole) return made as Record<string, unknown>;
  const result = schema.safeParse(data);
  if (result.success) return result.data;
  const { issues } = result.error;
  const told = issues
    .slice(0, mostIssues)
    .map(({ path, message }) => shortened(path.length === 0 ? message : `${path.join('.')}: ${message}`));
  if (issues.length > mostIssues) told.push(`and ${issues.length - mostIssues} more`);
  throw new CortadoError(
    'CORTADO_DB_ROW_INVALID',
    `A row of "${definition.table}" cannot be stored. ${told.join('; ')}.`,
  );
}

function forDatabase(definition: ModelDefinition, values: Record<string, unknown>): Record<string, unknown> {
  const row: Record<string, unknown> = {};
  for (const column of definition.columns) {
    const value = values[column.name];
    if (value !== undefined) {
      checkHeld(column, value);
      row[column.name] = value;
    } else if (column.isUndefined && column.name in values) row[column.name] = null;
  }
  return row;
}
