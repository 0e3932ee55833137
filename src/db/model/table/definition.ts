import { z } from 'zod';
import { nameSchema } from '../../../schema/library/schema-names.ts';
import type { Decode } from '../../engine/database-engine.ts';
import { type Column, columnOf } from './column-type.ts';
import { CompiledStatements } from './compiled-statements.ts';
import { onlyHeld } from './held-values.ts';
import type { DatabaseKind, ModelHome } from './home.ts';
import { modelError } from './model-error.ts';
import { isOwnForm, momentOf } from './moments.ts';

/** The fields of a model, by column. */
export type Fields = Readonly<Record<string, z.ZodType>>;

/** What a model is made of, worked out once. */
export class ModelDefinition {
  readonly table: string;
  readonly fields: Fields;
  readonly columns: readonly Column[];
  readonly columnNames: readonly string[];
  readonly byName: ReadonlyMap<string, Column>;
  readonly primary: Column | undefined;
  /** The column that counts the changes of a row. */
  readonly version: Column | undefined;
  /** Columns whose values can be changed in place. */
  readonly mutable: readonly Column[];
  readonly numbers: readonly Column[];
  readonly unique: readonly (readonly string[])[];
  readonly indexes: readonly (readonly string[])[];
  readonly schema: z.ZodObject;
  readonly createSchema: z.ZodObject;
  readonly updateSchema: z.ZodObject;
  readonly pageSchema: z.ZodObject;
  readonly cursorPageSchema: z.ZodObject;
  /** Checks what `create` gets: unlike clients, code may set what is generated. */
  readonly input: z.ZodObject;
  readonly patch: z.ZodObject;
  /** Columns of dates in which SQLite was found to hold texts that do not sort as moments do. */
  readonly otherMoments: Set<string> = new Set();
  /** Columns of dates that were looked at for those. */
  readonly knownMoments: Set<string> = new Set();
  /** What it is called in documents: by its class, else by its key in `database({ models })`. */
  name: string | undefined;
  readonly statements: CompiledStatements = new CompiledStatements();
  #home: ModelHome | undefined;

  constructor(table: string, fields: Fields, settings: Pick<ModelDefinition, 'unique' | 'indexes'>) {
    this.table = table;
    this.fields = fields;
    this.columns = Object.entries(fields).map(([name, schema]) => columnOf(table, name, schema));
    this.columnNames = this.columns.map(({ name }) => name);
    this.byName = new Map(this.columns.map((column) => [column.name, column]));
    this.primary = this.#one('primary', 'primary keys');
    this.version = this.#one('version', 'version columns');
    this.mutable = this.columns.filter(({ kind }) => kind === 'json' || kind === 'date');
    this.numbers = this.columns.filter(({ kind }) => ['integer', 'smallInteger', 'real'].includes(kind));
    this.unique = settings.unique;
    this.indexes = settings.indexes;
    this.#checkNames([...this.unique, ...this.indexes].flat());
    const isFilledIn = ({ generated, now, version }: Column): boolean =>
      generated === true || now !== undefined || version === true;
    const given = this.columns.filter((column) => !isFilledIn(column));
    const shape = (columns: readonly Column[], made: (schema: z.ZodType, column: Column) => z.ZodType): Fields =>
      Object.fromEntries(columns.map((column) => [column.name, made(fields[column.name]!, column)]));
    this.schema = z.object(fields);
    const items = z.array(this.schema);
    this.pageSchema = z.object({ items, total: z.int(), limit: z.int(), offset: z.int() });
    this.cursorPageSchema = z.object({ items, next: z.string().nullable() });
    this.createSchema = z.object(shape(given, onlyHeld));
    this.updateSchema = z.object(shape(given, (schema, column) => onlyHeld(withoutDefault(schema), column).optional()));
    nameSchema(this.schema, () => this.name);
    for (const [ending, schema] of [
      ['Create', this.createSchema],
      ['Update', this.updateSchema],
      ['Page', this.pageSchema],
      ['CursorPage', this.cursorPageSchema],
    ] as const)
      nameSchema(schema, () => this.name && `${this.name}${ending}`);
    this.input = z.strictObject(
      shape(this.columns, (schema, column) => (isFilledIn(column) ? schema.optional() : schema)),
    );
    this.patch = z.strictObject(shape(this.columns, (schema) => withoutDefault(schema).optional()));
  }

  get home(): ModelHome {
    if (this.#home === undefined)
      throw modelError(
        `The model of table "${this.table}" belongs to no database: name it in database({ models: { … } }).`,
      );
    return this.#home;
  }

  set home(home: ModelHome) {
    if (this.#home !== undefined && this.#home !== home && this.#home.isOpen)
      throw modelError(
        `The model of table "${this.table}" belongs to ${this.#home.label}, which is open, so it cannot belong to ${home.label} too.`,
      );
    this.#home = home;
  }

  /** Throws `error`, of which the session of the running code learns first. */
  async failed(error: unknown): Promise<never> {
    await this.#home?.failed(error);
    throw error;
  }

  #one(what: 'primary' | 'version', name: string): Column | undefined {
    const found = this.columns.filter((column) => column[what] === true);
    if (found.length > 1) throw modelError(`model "${this.table}" has ${found.length} ${name}; it can have one.`);
    return found[0];
  }

  #checkNames(names: readonly string[]): void {
    const wrong = names.find((name) => !this.byName.has(name));
    if (wrong !== undefined)
      throw modelError(`model "${this.table}" has no field "${wrong}" for its unique keys or indexes.`);
  }
}

// With its default, a field that is left out of a change would be set to it.
function withoutDefault(schema: z.ZodType): z.ZodType {
  return schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault
    ? withoutDefault(schema.unwrap() as z.ZodType)
    : schema;
}

/** Decoders of a model's columns for one kind of database. */
export function decodersOf(definition: ModelDefinition, kind: DatabaseKind): Map<string, Decode> {
  const decoders = new Map<string, Decode>();
  for (const column of definition.columns) {
    const decode = decoderOf(definition, column, kind);
    if (decode !== undefined) decoders.set(column.name, decode);
  }
  return decoders;
}

function decoderOf(
  { otherMoments }: ModelDefinition,
  { name, kind, isUndefined }: Column,
  database: DatabaseKind,
): Decode | undefined {
  const decode =
    kind === 'date' && database === 'sqlite'
      ? momentDecoder(name, otherMoments)
      : (database === 'sqlite' ? sqliteDecoders : postgresDecoders)[kind];
  if (decode === undefined && !isUndefined) return undefined;
  const empty = isUndefined ? undefined : null;
  return (value) => (value === null ? empty : decode === undefined ? value : decode(value));
}

function momentDecoder(name: string, others: Set<string>): Decode {
  return (value) => {
    if (typeof value !== 'string') return new Date(Number(value));
    if (!isOwnForm(value)) others.add(name);
    return momentOf(value);
  };
}

const toBigInt: Decode = (value) => BigInt(value as number);
const sqliteDecoders: Partial<Record<Column['kind'], Decode>> = {
  boolean: (value) => value === 1 || value === 1n,
  bigint: toBigInt,
  json: (value) => JSON.parse(value as string),
};
// A `numeric` comes as a text; a whole one beyond 2^53 is not rounded.
const toNumber: Decode = (value) => {
  if (typeof value !== 'string') return value;
  const number = Number(value);
  return Number.isSafeInteger(number) || !/^-?\d+$/.test(value) ? number : BigInt(value);
};
const postgresDecoders: Partial<Record<Column['kind'], Decode>> = {
  bigint: toBigInt,
  real: toNumber,
  integer: toNumber,
  smallInteger: toNumber,
};
