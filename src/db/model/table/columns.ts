import { z } from 'zod';
import { checkOptions } from '../../../base/check-options.ts';
import { type OnDelete, type Referable, withColumnOptions } from './column-options.ts';
import { modelError } from './model-error.ts';

declare const primary: unique symbol;
declare const generated: unique symbol;

/** A field that is the primary key. */
export interface Primary {
  readonly [primary]: true;
}

/** A field that the database or the model fills in. */
export interface Generated {
  readonly [generated]: true;
}

/**
 * Declares the primary key. Without a schema, the database numbers the rows from 1 and never uses a number again.
 *
 * @example
 * ```ts
 * class User extends model('users', { id: primaryKey(), name: z.string() }) {}
 * class Token extends model('tokens', { id: primaryKey(z.uuid().default(() => crypto.randomUUID())) }) {}
 * ```
 */
export function primaryKey(): z.ZodInt & Primary & Generated;
export function primaryKey<S extends z.ZodType>(schema: S): S & Primary;
export function primaryKey(schema?: z.ZodType): z.ZodType {
  return schema === undefined
    ? withColumnOptions('primaryKey()', z.int(), { primary: true, generated: true })
    : withColumnOptions('primaryKey()', schema, { primary: true });
}

/** Options of {@link column}. */
export interface ColumnSettings {
  /** No two rows have the same value; a violation is a 409. Default `false`. */
  readonly unique?: boolean;
  /** Rows are often looked up by it. Default `false`. */
  readonly index?: boolean;
}

/**
 * Adds to a field what only its column has.
 *
 * @throws CortadoError `CORTADO_OPTION_UNKNOWN`.
 * @example
 * ```ts
 * class User extends model('users', { id: primaryKey(), email: column(z.email(), { unique: true }) }) {}
 * ```
 */
export function column<S extends z.ZodType>(schema: S, settings: ColumnSettings): S {
  checkOptions('column()', settings, ['unique', 'index']);
  return withColumnOptions('column()', schema, settings);
}

/** Options of {@link references}. */
export interface ReferenceSettings extends ColumnSettings {
  /** What happens to a row when the one that it refers to is deleted. Default `no action`: deleting that one fails with a 409. */
  readonly onDelete?: OnDelete;
}

/**
 * Declares a foreign key to the primary key of another model; a value without such a row is a 409. The column gets an index.
 *
 * @param target The model, in a function, as it may be declared further down.
 * @throws CortadoError `CORTADO_OPTION_UNKNOWN`.
 * @example
 * ```ts
 * class Post extends model('posts', { id: primaryKey(), authorId: references(() => User, { onDelete: 'cascade' }), title: z.string() }) {}
 * ```
 */
export function references(target: () => Referable, settings?: ReferenceSettings): z.ZodInt;
export function references<S extends z.ZodType>(target: () => Referable, schema: S, settings?: ReferenceSettings): S;
export function references(
  target: () => Referable,
  first?: z.ZodType | ReferenceSettings,
  second?: ReferenceSettings,
): z.ZodType {
  if (typeof target !== 'function' || 'definition' in target)
    throw modelError('references(): pass a function that returns the model, references(() => User).');
  const schema = first instanceof z.ZodType ? first : z.int();
  const settings = (first instanceof z.ZodType ? second : first) ?? {};
  checkOptions('references()', settings, ['unique', 'index', 'onDelete']);
  return withColumnOptions('references()', schema, {
    index: settings.unique !== true,
    ...settings,
    references: target,
  });
}

/**
 * Declares a column that holds when the row was made.
 *
 * @example
 * ```ts
 * class User extends model('users', { id: primaryKey(), createdAt: createdAt(), updatedAt: updatedAt() }) {}
 * ```
 */
export function createdAt(): z.ZodDate & Generated {
  return withColumnOptions('createdAt()', z.date(), { now: 'create' }) as z.ZodDate & Generated;
}

/**
 * Declares a column that counts the changes of a row, from 1. `save` and `delete` of a row that another has changed since it was read are then
 * refused with a 409, as by SQLAlchemy's `version_id_col`; whoever sets it says from which version the change was made.
 *
 * @example
 * ```ts
 * class Page extends model('pages', { id: primaryKey(), text: z.string(), version: version() }) {}
 * app.put('/pages/{id}', { params: { id: z.int(), version: z.int(), change: Page.updateSchema }, response: Page.schema },
 *   async ({ id, version, change }) => Object.assign(await Page.get({ id }), change, { version }).save());
 * ```
 */
export function version(): z.ZodInt & Generated {
  return withColumnOptions('version()', z.int(), { version: true }) as z.ZodInt & Generated;
}

/** Declares a column that holds when the row was last written through its model. */
export function updatedAt(): z.ZodDate & Generated {
  return withColumnOptions('updatedAt()', z.date(), { now: 'update' }) as z.ZodDate & Generated;
}
