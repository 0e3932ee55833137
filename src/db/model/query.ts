import type { CompiledQuery, Expression, Kysely, QueryResult, SqlBool } from 'kysely';
import type { z } from 'zod';
import { CortadoError } from '../../base/error.ts';
import { type Builder, conditionsOf, type Filter } from './conditions/filter.ts';
import { Keyset } from './conditions/keyset.ts';
import { checkOrder, lookAtMoments, momentsIn, ordered, type Select } from './conditions/row-order.ts';
import type { CursorOptions, CursorPage, Page, PageOptions } from './page.ts';
import { everything, type Parts, wholeCount } from './query-parts.ts';
import { pendingRow } from './rows/pending-row.ts';
import { ambiguous, RowNotFound } from './rows/row-not-found.ts';
import { type Fate, fateOf } from './rows/stored-row.ts';
import { changedRow, checked } from './rows/write-row.ts';
import type { Fields, ModelDefinition } from './table/definition.ts';
import type { AnyTables } from './table/home.ts';

/** A column to order by, `-` in front for the largest first. */
export type Order<F extends Fields> = Extract<keyof F, string> | `-${Extract<keyof F, string>}`;

/** Values to change; what is left out stays. */
export type Changes<F extends Fields> = { readonly [K in keyof F]?: z.input<F[K]> };

/** A model, as far as a query needs it: its definition, and how a row becomes an instance. */
export interface RowSource<M> {
  readonly definition: ModelDefinition;
  readonly instance: (row: never, fate: Fate | undefined) => M;
}

type Rows = QueryResult<Record<string, unknown>>;

const rowsPerChunk = 100;
const defaultPage = 50;

/**
 * Rows of a model, described and not yet read: `await` reads them all, `for await` one after another. Every method makes a new query, so
 * one can be the start of several.
 *
 * @example
 * ```ts
 * const adults = User.filter({ age: gte(18) });
 * const [oldest, count] = await Promise.all([adults.orderBy('-age').first(), adults.count()]);
 * ```
 */
export class Query<M, F extends Fields> implements PromiseLike<M[]>, AsyncIterable<M> {
  readonly #source: RowSource<M>;
  readonly #parts: Parts;

  constructor(source: RowSource<M>, parts: object = everything) {
    this.#source = source;
    this.#parts = parts as Parts;
  }

  /**
   * Keeps rows that match all of `filter`.
   *
   * @throws CortadoError `CORTADO_DB_FILTER` for unknown columns and impossible comparisons.
   */
  filter(filter: Filter<F>): Query<M, F> {
    const { definition } = this.#source;
    const all = conditionsOf(definition, filter, definition.home.kind);
    const { conditions, shape, values } = this.#parts;
    return this.#with({
      conditions: [...conditions, (builder) => builder.and(all.build(builder))],
      shape: shape === undefined || all.shape === undefined ? undefined : `${shape}(${all.shape})`,
      values: [...values, ...all.values],
    });
  }

  /** Leaves out rows that match all of `filter`. */
  exclude(filter: Filter<F>): Query<M, F> {
    const { definition } = this.#source;
    const all = conditionsOf(definition, filter, definition.home.kind);
    // A comparison with NULL is neither true nor false, and would leave the row out of both a filter and its opposite.
    const none = (builder: Builder): Expression<SqlBool> =>
      builder.not(builder.fn.coalesce(builder.and(all.build(builder)), builder.lit(false)));
    return this.#with({ conditions: [...this.#parts.conditions, none], shape: undefined });
  }

  /** Orders the rows by these columns, `-` in front for the largest first; replaces an order given before. */
  orderBy(...order: Order<F>[]): Query<M, F> {
    for (const name of order) checkOrder(this.#source.definition, name);
    return this.#with({ order });
  }

  /** Reads at most `count` rows. */
  limit(count: number): Query<M, F> {
    return this.#with({ limit: wholeCount('limit', count) });
  }

  /** Passes over the first `count` rows. */
  offset(count: number): Query<M, F> {
    return this.#with({ offset: wholeCount('offset', count) });
  }

  /** The first row, or `null`. */
  first(): Promise<M | null> {
    return pendingRow(this.#source.definition)(this.#first());
  }

  async #first(): Promise<M | null> {
    const [row] = await this.limit(1).#read();
    return row ?? null;
  }

  /**
   * The only row.
   *
   * @throws RowNotFound (404 in a request) when there is none; CortadoError `CORTADO_ROW_AMBIGUOUS` when there are more.
   */
  get(): Promise<M> {
    return pendingRow(this.#source.definition)(this.#get());
  }

  async #get(): Promise<M> {
    const row = await this.#getOrNull();
    if (row === null) throw new RowNotFound(this.#source.definition.table);
    return row;
  }

  /** The only row, or `null` when there is none. */
  getOrNull(): Promise<M | null> {
    return pendingRow(this.#source.definition)(this.#getOrNull());
  }

  async #getOrNull(): Promise<M | null> {
    const rows = await this.limit(2).#read();
    if (rows.length > 1) throw ambiguous(this.#source.definition.table);
    return rows[0] ?? null;
  }

  /**
   * One page, by number of rows to pass over, with how many there are in all. `pageSchema` of the model is its response schema.
   *
   * @example
   * ```ts
   * app.get('/users', { params: { offset: z.int().min(0).default(0) }, response: User.pageSchema }, (at) => User.all().orderBy('id').page(at));
   * ```
   */
  async page({ offset = 0, limit = defaultPage }: PageOptions = {}): Promise<Page<M>> {
    const [items, total] = await Promise.all([this.limit(limit).offset(offset).#read(), this.count()]);
    return { items, total, limit, offset };
  }

  /**
   * One page from where another ended, which stays quick however far in it is, and skips and repeats nothing when rows come and go. Its
   * `next` is the cursor of the page after it, or `null`. `cursorPageSchema` of the model is its response schema.
   *
   * @throws ValidationError `CORTADO_DB_CURSOR` (422 in a request, as for every other input) for a cursor that was not given out for this order.
   * @example
   * ```ts
   * app.get('/feed', { params: { cursor: z.string().optional() }, response: Post.cursorPageSchema }, (at) => Post.all().orderBy('-created').pageAfter(at));
   * ```
   */
  async pageAfter({ cursor, limit = defaultPage }: CursorOptions = {}): Promise<CursorPage<M>> {
    const keyset = new Keyset(this.#source.definition, this.#parts.order);
    const from = cursor === undefined || cursor === null ? [] : [keyset.after(cursor)];
    const conditions = [...this.#parts.conditions, ...from];
    const page = { conditions, shape: undefined, order: keyset.order, limit: wholeCount('limit', limit) + 1 };
    const db = await this.#db();
    const { rows } = await this.#with({ ...page, marks: keyset.marks }).#execute(db);
    const next = rows.length > limit && limit > 0 ? keyset.cursorOf(rows[limit - 1]!) : null;
    const fate = fateOf(db);
    const { instance } = this.#source;
    return { items: rows.slice(0, limit).map((row) => instance(keyset.unmarked(row) as never, fate)), next };
  }

  /** How many rows there are, whatever `limit` and `offset` say. */
  async count(): Promise<number> {
    const db = await this.#db();
    const { total } = await this.#where(db.selectFrom(this.#table) as never)
      .select((builder) => builder.fn.countAll().as('total'))
      .executeTakeFirstOrThrow();
    return Number(total);
  }

  /** Whether there is a row. */
  async exists(): Promise<boolean> {
    const db = await this.#db();
    const row = await this.#where(db.selectFrom(this.#table) as never)
      .select((builder) => builder.lit(1).as('one'))
      .limit(1)
      .executeTakeFirst();
    return row !== undefined;
  }

  /**
   * Changes all rows; resolves to how many there were.
   *
   * @throws CortadoError `CORTADO_DB_ROW_INVALID` for values that do not fit; `CORTADO_DB_UNIQUE` and `CORTADO_DB_FOREIGN_KEY`.
   */
  async update(changes: Changes<F>): Promise<number> {
    this.#refusePaging('update');
    const { definition } = this.#source;
    const row = checked(definition, () => changedRow(definition, changes));
    if (row instanceof Promise) return row;
    if (Object.keys(row).length === 0) return this.count();
    const db = await this.#db();
    const { numUpdatedRows } = await db
      .updateTable(this.#table)
      .set(row)
      .where((builder) => this.#all(builder as never))
      .executeTakeFirstOrThrow();
    return Number(numUpdatedRows);
  }

  /** Deletes all rows; resolves to how many there were. */
  async delete(): Promise<number> {
    this.#refusePaging('delete');
    const db = await this.#db();
    const { numDeletedRows } = await db
      .deleteFrom(this.#table)
      .where((builder) => this.#all(builder as never))
      .executeTakeFirstOrThrow();
    return Number(numDeletedRows);
  }

  // biome-ignore lint/suspicious/noThenProperty: a query is awaited
  then<A = M[], B = never>(
    onRows?: ((rows: M[]) => A | PromiseLike<A>) | null,
    onError?: ((error: unknown) => B | PromiseLike<B>) | null,
  ): PromiseLike<A | B> {
    return this.#read().then(onRows, onError);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<M> {
    const { instance } = this.#source;
    const db = await this.#db();
    if (this.#moments !== undefined) await lookAtMoments(db, this.#source.definition, this.#parts.order);
    const fate = fateOf(db);
    for await (const row of this.#select(db).stream(rowsPerChunk)) yield instance(row as never, fate);
  }

  get #moments(): string | undefined {
    return momentsIn(this.#source.definition, this.#parts.order);
  }

  get #table(): string {
    return this.#source.definition.table;
  }

  #db(): Kysely<AnyTables> | Promise<Kysely<AnyTables>> {
    return this.#source.definition.home.kyselyHere();
  }

  async #read(): Promise<M[]> {
    const { instance } = this.#source;
    const db = await this.#db();
    const { rows } = await this.#execute(db);
    const fate = fateOf(db);
    return rows.map((row) => instance(row as never, fate));
  }

  #execute(db: Kysely<AnyTables>): Promise<Rows> {
    return this.#moments === undefined ? db.executeQuery(this.#compiled(db)) : this.#executeByMoments(db);
  }

  async #executeByMoments(db: Kysely<AnyTables>): Promise<Rows> {
    await lookAtMoments(db, this.#source.definition, this.#parts.order);
    const moments = this.#moments;
    const rows = await db.executeQuery(this.#compiled(db));
    // Rows that have just been found to hold moments of another form were put in the order of texts.
    return moments === this.#moments ? rows : db.executeQuery(this.#compiled(db));
  }

  #compiled(db: Kysely<AnyTables>): CompiledQuery<Record<string, unknown>> {
    const { shape, values, order, limit, offset } = this.#parts;
    const { statements, home } = this.#source.definition;
    if (shape === undefined) return this.#select(db).compile();
    const paging = [limit, offset].filter((count) => count !== undefined);
    const key = `${home.kind} ${shape} ${order} ${this.#moments ?? ''} ${limit === undefined ? '' : 'limit'} ${offset === undefined ? '' : 'offset'}`;
    return statements.get(key, [...values, ...paging], () => this.#select(db));
  }

  #select(db: Kysely<AnyTables>): Select {
    const { order, limit, offset, marks } = this.#parts;
    const { definition } = this.#source;
    let select = this.#where(db.selectFrom(this.#table) as never).select(definition.columnNames as never) as Select;
    if (marks !== undefined) select = select.select(marks) as Select;
    select = ordered(select, definition, order);
    if (limit !== undefined) select = select.limit(limit);
    // SQLite has no OFFSET without a LIMIT.
    else if (offset !== undefined && definition.home.kind === 'sqlite') select = select.limit(-1);
    return offset === undefined ? select : select.offset(offset);
  }

  #where(select: Select): Select {
    return this.#parts.conditions.length === 0 ? select : select.where((builder) => this.#all(builder as never));
  }

  #all(builder: Builder): Expression<SqlBool> {
    return builder.and(this.#parts.conditions.map((condition) => condition(builder)));
  }

  #with(parts: Partial<Parts>): Query<M, F> {
    return new Query(this.#source, { ...this.#parts, ...parts });
  }

  #refusePaging(what: string): void {
    if (this.#parts.limit !== undefined || this.#parts.offset !== undefined)
      throw new CortadoError('CORTADO_DB_FILTER', `${what}() of "${this.#table}" cannot have a limit or an offset.`);
  }
}

// Of an array, which it becomes once it is awaited. A type of it would make the mistake compile.
Object.defineProperty(Query.prototype, 'length', {
  get(): never {
    const message = '"length" was read of a query that did not run: put "await" before it, or ask for its count().';
    throw new CortadoError('CORTADO_NOT_AWAITED', message);
  },
});
