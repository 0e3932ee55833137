import { z } from 'zod';
import { shown } from '../../../base/check-values.ts';
import { modelError } from './model-error.ts';

/** What happens to a row when the row that it refers to is deleted. */
export type OnDelete = 'cascade' | 'restrict' | 'set null' | 'no action';

/** A model, as far as a reference to it needs to know it. */
export interface Referable {
  readonly definition: { readonly table: string; readonly primary: { readonly name: string } | undefined };
}

/** What a field does not say about its column. */
export interface ColumnOptions {
  readonly primary?: true;
  /** The database numbers the rows. */
  readonly generated?: true;
  readonly unique?: boolean;
  readonly index?: boolean;
  /** Set when a row is made, or whenever it is changed. */
  readonly now?: 'create' | 'update';
  /** Counts the changes of a row. */
  readonly version?: true;
  readonly references?: () => Referable;
  readonly onDelete?: OnDelete;
}

// Zod hands what is registered on to schemas that are made from one: column(z.string(), …).max(10) keeps it.
const registry = z.registry<ColumnOptions>();

/** Whether something is a schema of Zod 4. */
export function isColumnSchema(value: unknown): value is z.core.$ZodType {
  return (value as Partial<z.core.$ZodType> | null | undefined)?._zod !== undefined;
}

/**
 * Puts column options on a copy of a schema, so that a schema that stands in two models can have two.
 *
 * @throws CortadoError `CORTADO_DB_MODEL`, naming `owner`, where it is none.
 */
export function withColumnOptions<S extends z.ZodType>(owner: string, schema: S, options: ColumnOptions): S {
  if (!isColumnSchema(schema)) throw modelError(`${owner} takes a schema of Zod 4, not ${shown(schema)}.`);
  const copy = schema.clone(schema._zod.def as never, { parent: true }) as S;
  registry.add(copy, { ...registry.get(schema), ...options } as never);
  return copy;
}

/** The column options of a schema itself, not of what it wraps. */
export function columnOptionsOf(schema: z.core.$ZodType): ColumnOptions | undefined {
  return registry.get(schema as z.ZodType) as ColumnOptions | undefined;
}
