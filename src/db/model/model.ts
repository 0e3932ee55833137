import type { ColumnType, Compilable, CompiledQuery } from 'kysely';
import type { z } from 'zod';
import { checkOptions } from '../../base/check-options.ts';
import type { Filter } from './conditions/filter.ts';
import { Query } from './query.ts';
import { rowsFromJson } from './rows/from-json.ts';
import { RowNotFound, stale } from './rows/row-not-found.ts';
import {
  asRead,
  bringIn,
  changesOf,
  type Fate,
  fateOf,
  gone,
  knownOf,
  learned,
  restore,
  type Stored,
  takenDown,
} from './rows/stored-row.ts';
import { changedRow, checked, newRow } from './rows/write-row.ts';
import type { Generated } from './table/columns.ts';
import { type Fields, ModelDefinition } from './table/definition.ts';
import { encoded } from './table/held-values.ts';
import type { AnyTables } from './table/home.ts';
import { modelError } from './table/model-error.ts';

type Flat<T> = { [K in keyof T]: T[K] };

/** Names of fields that the database or the model fills in. */
export type GeneratedKeys<F extends Fields> = { [K in keyof F]: F[K] extends Generated ? K : never }[keyof F];

type OptionalKeys<F extends Fields> = {
  [K in keyof F]: F[K] extends Generated ? K : undefined extends z.input<F[K]> ? K : never;
}[keyof F];

/** A row of a model, as it is read. */
export type Row<F extends Fields> = { [K in keyof F]: z.output<F[K]> };

/** Values of a new row: what is generated, optional or has a default may be left out. */
export type NewRow<F extends Fields> = Flat<
  { [K in Exclude<keyof F, OptionalKeys<F>>]: z.input<F[K]> } & { [K in OptionalKeys<F>]?: z.input<F[K]> | undefined }
>;

/** A table as Kysely knows it: what is read, inserted and updated. */
export type Table<F extends Fields> = {
  [K in keyof F]: ColumnType<
    z.output<F[K]>,
    K extends OptionalKeys<F> ? z.input<F[K]> | undefined : z.input<F[K]>,
    z.input<F[K]>
  >;
};

type Fillable<F extends Fields> = Flat<Omit<F, GeneratedKeys<F>>>;
type Patch<F extends Fields> = { [K in keyof F]: z.ZodOptional<F[K]> };
type PageSchema<F extends Fields> = z.ZodObject<
  { items: z.ZodArray<z.ZodObject<F, z.core.$strip>>; total: z.ZodInt; limit: z.ZodInt; offset: z.ZodInt },
  z.core.$strip
>;
type CursorPageSchema<F extends Fields> = z.ZodObject<
  { items: z.ZodArray<z.ZodObject<F, z.core.$strip>>; next: z.ZodNullable<z.ZodString> },
  z.core.$strip
>;
type Class<M> = abstract new (row: never) => M;

/** What every row of a model can do; a class that extends the model adds more. */
export interface ModelInstance {
  /**
   * Writes what differs from what was read, and takes over what the database has by then in the other columns; nothing at all where nothing
   * differs. A row that was made by hand (`new User({ … })`) is written as it is.
   *
   * @throws RowNotFound when it is gone; CortadoError `CORTADO_DB_STALE` (409 in a request) when its `version()` has moved, `CORTADO_DB_ROW_INVALID`.
   */
  save(): Promise<this>;
  /** Reads the row's values again. @throws RowNotFound when it is gone. */
  refresh(): Promise<this>;
  /** Deletes the row. @throws RowNotFound when it is gone; CortadoError `CORTADO_DB_STALE` when its `version()` has moved. */
  delete(): Promise<void>;
}

/** A table with typed conveniences: what `model` makes, to be extended or used as it is. */
export interface ModelClass<N extends string, F extends Fields> {
  new (row: Row<F>): Row<F> & ModelInstance;
  readonly table: N;
  readonly fields: F;
  readonly definition: ModelDefinition;
  /** The schema of a row, for responses. */
  readonly schema: z.ZodObject<F, z.core.$strip>;
  /** The schema of what a client may send for a new row: all but what is generated. */
  readonly createSchema: z.ZodObject<Fillable<F>, z.core.$strip>;
  /** The same for a change: everything may be left out, and nothing has a default. */
  readonly updateSchema: z.ZodObject<Patch<Fillable<F>>, z.core.$strip>;

  /** The schema of what `page` gives. */
  readonly pageSchema: PageSchema<F>;
  /** The schema of what `pageAfter` gives. */
  readonly cursorPageSchema: CursorPageSchema<F>;

  /** Adds a row. @throws CortadoError `CORTADO_DB_ROW_INVALID`, `CORTADO_DB_UNIQUE`, `CORTADO_DB_FOREIGN_KEY`. */
  create<M>(this: Class<M>, data: NewRow<F>): Promise<M>;
  /** Adds rows, all or none of them. */
  createMany<M>(this: Class<M>, data: readonly NewRow<F>[]): Promise<M[]>;
  /** The row that matches. @throws RowNotFound (404 in a request), CortadoError `CORTADO_ROW_AMBIGUOUS`. */
  get<M>(this: Class<M>, filter: Filter<F>): Promise<M>;
  /** The row that matches, or `null`. @throws CortadoError `CORTADO_ROW_AMBIGUOUS`. */
  getOrNull<M>(this: Class<M>, filter: Filter<F>): Promise<M | null>;
  /** The row that matches `filter`, made from it and `defaults` when there is none; and whether it was made. */
  getOrCreate<M>(
    this: Class<M>,
    filter: Partial<NewRow<F>>,
    defaults?: Partial<NewRow<F>>,
  ): Promise<[row: M, created: boolean]>;
  /** The row that matches `filter`, changed to `values`, or made from both when there is none; and whether it was made. */
  updateOrCreate<M>(
    this: Class<M>,
    filter: Partial<NewRow<F>>,
    values: Partial<NewRow<F>>,
  ): Promise<[row: M, created: boolean]>;
  /** All rows. */
  all<M>(this: Class<M>): Query<M, F>;
  /** Rows that match. */
  filter<M>(this: Class<M>, filter: Filter<F>): Query<M, F>;
  /** Rows that do not match. */
  exclude<M>(this: Class<M>, filter: Filter<F>): Query<M, F>;
  /** How many rows match, of all when there is no filter. */
  count(filter?: Filter<F>): Promise<number>;
  /** Whether a row matches. */
  exists(filter?: Filter<F>): Promise<boolean>;
  /**
   * Rows that came inside of JSON (Kysely's `jsonArrayFrom`, `jsonObjectFrom`) with the values of the model: dates, booleans, bigints and
   * JSON. A bigint beyond 2^53 must be selected as a text, since JSON's numbers do not hold it.
   *
   * @example
   * ```ts
   * const authors = rows.map(({ posts, ...author }) => ({ ...author, posts: Post.fromJson(posts) }));
   * ```
   */
  fromJson<R extends object>(rows: readonly R[]): FromJson<R, F>[];
}

/** A row that came as JSON: what is a column of the model has its type again. */
export type FromJson<R, F extends Fields> = { [K in keyof R]: K extends keyof F ? z.output<F[K]> : R[K] };

/** Any model. */
export type AnyModel = Pick<ModelClass<string, Fields>, 'table' | 'fields' | 'definition'>;

/** The tables of models, for Kysely. */
export type Tables<Models extends Readonly<Record<string, AnyModel>>> = {
  [K in keyof Models as Models[K]['table']]: Table<Models[K]['fields']>;
};

/** Options of {@link model}. */
export interface ModelOptions<F extends Fields> {
  /** Sets of columns that no two rows have the same values in; for one column, `column(…, { unique: true })` does. */
  readonly unique?: readonly (readonly Extract<keyof F, string>[])[];
  /** Sets of columns that rows are looked up by. */
  readonly indexes?: readonly (readonly Extract<keyof F, string>[])[];
}

// SQLite takes 32,766 values in a statement, PostgreSQL 65,535.
const mostValues = 30_000;

/**
 * Declares a table once: the fields are its columns, the type of its rows, the check of what is written, and the schemas for routes.
 * Thin on purpose: one table, no lazy loading. Related rows are read with Kysely's joins. In a request it uses the request's session.
 *
 * @param table Name of the table.
 * @param fields Zod schemas by column; `primaryKey`, `column`, `references`, `createdAt` and `updatedAt` add what is the database's.
 * @throws CortadoError `CORTADO_DB_MODEL` where a field cannot be a column.
 * @example
 * ```ts
 * export class User extends model('users', { id: primaryKey(), name: z.string().max(100), age: z.int() }) {
 *   get label() { return `${this.name} (${this.age})`; }
 * }
 * const adults = await User.filter({ age: gte(18) }).orderBy('-age').limit(10);
 * ```
 */
export function model<const N extends string, F extends Fields>(
  table: N,
  fields: F,
  options: ModelOptions<F> = {},
): ModelClass<N, F> {
  if (typeof table !== 'string' || table === '')
    throw modelError('model(): the first argument is the name of the table.');
  if (typeof fields !== 'object' || fields === null)
    throw modelError(`model "${table}": the second argument is its fields, { id: primaryKey() }.`);
  checkOptions(`model "${table}"`, options, ['unique', 'indexes']);
  const { unique = [], indexes = [] } = options;
  const definition = new ModelDefinition(table, fields, { unique, indexes });
  return class extends Model {
    static override readonly definition = definition;
  } as unknown as ModelClass<N, F>;
}

type Values = Record<string, unknown>;
type Rows = Query<Model, Fields>;

// The types above say per field what this does for all of them.
class Model {
  static readonly definition: ModelDefinition;
  #stored: Stored | undefined;

  constructor(row: Values) {
    Object.assign(this, row);
  }

  /** An instance of a row that the database gave, and that is nobody else's. */
  static '~read'(row: Values, fate: Fate | undefined): Model {
    const instance = new this(row);
    instance.#stored = { values: asRead(this.definition, row), fate, before: undefined };
    return instance;
  }

  static get table(): string {
    return this.definition.table;
  }

  static get fields(): Fields {
    return this.definition.fields;
  }

  // A class is named after its definition was made.
  static '~named'(): ModelDefinition {
    const { definition } = this;
    definition.name ??= this.name || undefined;
    return definition;
  }

  static {
    for (const name of ['schema', 'createSchema', 'updateSchema', 'pageSchema', 'cursorPageSchema'] as const)
      Object.defineProperty(this, name, {
        configurable: true,
        get(this: typeof Model): z.ZodObject {
          return this['~named']()[name];
        },
      });
  }

  static async create(data: Values): Promise<Model> {
    const row = checked(this.definition, () => newRow(this.definition, data));
    if (row instanceof Promise) return row;
    const [made] = await insert(this, [row]);
    return made!;
  }

  static async createMany(data: readonly Values[]): Promise<Model[]> {
    const rows = checked(this.definition, () => data.map((one) => newRow(this.definition, one)));
    if (rows instanceof Promise) return rows;
    const atOnce = Math.max(1, Math.floor(mostValues / this.definition.columns.length));
    if (rows.length <= atOnce) return rows.length === 0 ? [] : insert(this, rows);
    return this.definition.home.transaction(async () => {
      const made: Model[] = [];
      for (let start = 0; start < rows.length; start += atOnce)
        made.push(...(await insert(this, rows.slice(start, start + atOnce))));
      return made;
    });
  }

  static get(filter: Values): Promise<Model> {
    return this.filter(filter).get();
  }

  static getOrNull(filter: Values): Promise<Model | null> {
    return this.filter(filter).getOrNull();
  }

  static async getOrCreate(filter: Values, defaults: Values = {}): Promise<[Model, boolean]> {
    const found = await this.getOrNull(filter);
    if (found !== null) return [found, false];
    const row = checked(this.definition, () => newRow(this.definition, { ...defaults, ...filter }));
    if (row instanceof Promise) return row;
    const [made] = await insert(this, [row], true);
    if (made !== undefined) return [made, true];
    // Another made it in the meantime; where none did, another unique value is in the way, which is said by the insert itself.
    const theirs = await this.getOrNull(filter);
    return theirs === null ? [(await insert(this, [row]))[0]!, true] : [theirs, false];
  }

  static async updateOrCreate(filter: Values, values: Values): Promise<[Model, boolean]> {
    return this.definition.home.transaction(async () => {
      const [row, created] = await this.getOrCreate(filter, values);
      return created ? [row, true] : [await Object.assign(row, values).save(), false];
    });
  }

  static all(): Rows {
    return new Query<Model, Fields>({ definition: this.definition, instance: (row, fate) => this['~read'](row, fate) });
  }

  static filter(filter: Values): Rows {
    return this.all().filter(filter);
  }

  static exclude(filter: Values): Rows {
    return this.all().exclude(filter);
  }

  static count(filter: Values = {}): Promise<number> {
    return this.filter(filter).count();
  }

  static exists(filter: Values = {}): Promise<boolean> {
    return this.filter(filter).exists();
  }

  static fromJson(rows: readonly object[]): Values[] {
    return rowsFromJson(this.definition, rows);
  }

  async save(): Promise<this> {
    const { definition } = this.constructor as typeof Model;
    const { home, table, columnNames } = definition;
    const mine = this as unknown as Values;
    const known = knownOf(this.#stored);
    const only = this.#only();
    const changes = changesOf(definition, mine, known);
    if (known !== undefined && Object.keys(changes).length === 0) return this.#saveNothing(definition, known);
    const row = checked(definition, () => changedRow(definition, changes));
    if (row instanceof Promise) return row;
    const sent = takenDown(definition, { ...mine });
    const db = await home.kyselyHere();
    const query = this.#ofVersion(definition, only(db.updateTable(table).set(row)));
    const saved = await query.returning(columnNames).executeTakeFirst();
    if (saved === undefined) return this.#failMissing(definition, only(db.selectFrom(table).select(only.key)));
    bringIn(definition, mine, sent, saved);
    const read = checked(definition, () => asRead(definition, saved));
    if (read instanceof Promise) return read;
    this.#stored = learned(read, fateOf(db), this.#stored);
    return this;
  }

  async refresh(): Promise<this> {
    const { definition } = this.constructor as typeof Model;
    const only = this.#only();
    const db = await definition.home.kyselyHere();
    const row = await only(db.selectFrom(definition.table).select(definition.columnNames)).executeTakeFirst();
    if (row === undefined) throw new RowNotFound(definition.table);
    Object.assign(this, row);
    this.#stored = learned(asRead(definition, row), fateOf(db), this.#stored);
    return this;
  }

  async delete(): Promise<void> {
    const { definition } = this.constructor as typeof Model;
    const only = this.#only();
    const db = await definition.home.kyselyHere();
    const query = this.#ofVersion(definition, only(db.deleteFrom(definition.table)));
    const { numDeletedRows } = await query.executeTakeFirstOrThrow();
    if (numDeletedRows === 0n)
      await this.#failMissing(definition, only(db.selectFrom(definition.table).select(only.key)));
    this.#stored = gone(fateOf(db), this.#stored);
  }

  // The version that the row was read with, unless its owner has set another.
  #ofVersion<Q extends Narrowed<Q>>({ version }: ModelDefinition, query: Q): Q {
    if (version === undefined) return query;
    const { name } = version;
    const mine = (this as unknown as Values)[name];
    const expected = mine === this.#stored?.values?.[name] ? knownOf(this.#stored)?.[name] : mine;
    return expected === undefined ? query : query.where(name as never, '=', expected as never);
  }

  // Where another version is expected, that is known to have moved.
  async #saveNothing(definition: ModelDefinition, known: Values): Promise<this> {
    const { version, table } = definition;
    const mine = this as unknown as Values;
    restore(definition, mine, known);
    if (version !== undefined && mine[version.name] !== this.#stored?.values?.[version.name])
      return definition.failed(stale(table));
    return this;
  }

  // With a version, a row that was not found may be there and be another by now.
  async #failMissing(definition: ModelDefinition, query: { executeTakeFirst(): Promise<unknown> }): Promise<never> {
    const isThere = definition.version !== undefined && (await query.executeTakeFirst()) !== undefined;
    return definition.failed(isThere ? stale(definition.table) : new RowNotFound(definition.table));
  }

  // By the key that it was read with: whoever changes that means this row.
  #only(): { <Q extends Narrowed<Q>>(query: Q): Q; readonly key: string } {
    const { definition } = this.constructor as typeof Model;
    const { primary, table } = definition;
    if (primary === undefined)
      throw modelError(
        `model "${table}" has no primary key, so its rows cannot be saved, refreshed or deleted one by one.`,
      );
    const key = knownOf(this.#stored)?.[primary.name] ?? (this as unknown as Values)[primary.name];
    if (key === undefined || key === null)
      throw modelError(
        `model "${table}": a row without its primary key "${primary.name}" cannot be saved, refreshed or deleted. create() stores a new one.`,
      );
    const only = <Q extends Narrowed<Q>>(query: Q): Q => query.where(primary.name as never, '=', key as never);
    return Object.assign(only, { key: primary.name });
  }
}

type Narrowed<Q> = { where(column: never, operator: '=', value: never): Q };

async function insert(model: typeof Model, rows: readonly Values[], ignoreConflict = false): Promise<Model[]> {
  const { table, columnNames, home } = model.definition;
  const areEmpty = rows.every((row) => Object.keys(row).length === 0);
  // `default values` is one row.
  if (areEmpty && rows.length > 1)
    return home.transaction(async () => {
      const made: Model[] = [];
      for (const row of rows) made.push(...(await insert(model, [row])));
      return made;
    });
  const db = await home.kyselyHere();
  const query = (): Compilable<Values> => {
    // SQLite takes no `on conflict` after it, and there is nothing that could be in the way.
    if (areEmpty) return db.insertInto(table).defaultValues().returning(columnNames);
    const inserted = db.insertInto(table).values(rows as AnyTables[string][]);
    return (ignoreConflict ? inserted.onConflict((conflict) => conflict.doNothing()) : inserted).returning(columnNames);
  };
  const statement = rows.length > 1 ? query().compile() : oneRow(model.definition, rows[0]!, ignoreConflict, query);
  const made = await db.executeQuery(statement);
  const fate = fateOf(db);
  return checked(model.definition, () => made.rows.map((row) => model['~read'](row, fate)));
}

function oneRow(
  { byName, home, statements }: ModelDefinition,
  row: Values,
  ignoreConflict: boolean,
  query: () => Compilable<Values>,
): CompiledQuery<Values> {
  const names = Object.keys(row);
  const values = names.map((name) => encoded(byName.get(name)!, row[name]));
  return statements.get(`${home.kind} insert ${ignoreConflict} ${JSON.stringify(names)}`, values, query);
}
