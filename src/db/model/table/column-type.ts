import type { z } from 'zod';
import { shown } from '../../../base/check-values.ts';
import { type ColumnOptions, columnOptionsOf, isColumnSchema, type Referable } from './column-options.ts';
import { modelError } from './model-error.ts';

/** What a column stores, whatever the database calls it. */
export type ColumnKind = 'text' | 'integer' | 'smallInteger' | 'real' | 'boolean' | 'date' | 'bigint' | 'json';

export interface Column extends ColumnOptions {
  readonly name: string;
  readonly kind: ColumnKind;
  readonly nullable: boolean;
  /** Whether NULL reads as `undefined`: the field is optional, but not nullable. */
  readonly isUndefined: boolean;
  readonly makeDefault: (() => unknown) | undefined;
}

type Def = z.core.$ZodTypeDef & {
  readonly innerType?: z.core.$ZodType;
  readonly format?: string;
  readonly getter?: () => z.core.$ZodType;
  readonly options?: readonly z.core.$ZodType[];
  readonly values?: readonly unknown[];
  readonly entries?: Readonly<Record<string, unknown>>;
};

const wrappers: readonly string[] = [
  'optional',
  'nullable',
  'default',
  'prefault',
  'nonoptional',
  'readonly',
  'catch',
  'success',
];
const jsonTypes: readonly string[] = ['object', 'array', 'tuple', 'record', 'any', 'unknown', 'intersection'];

/** The column that a field is. Throws `CORTADO_DB_MODEL`, naming the field. */
export function columnOf(table: string, name: string, schema: z.core.$ZodType): Column {
  const owner = `model "${table}": field "${name}"`;
  if (!isColumnSchema(schema)) throw modelError(`${owner} must be a schema of Zod 4, not ${shown(schema)}.`);
  let nullable = false;
  let optional = false;
  let makeDefault: (() => unknown) | undefined;
  let options: ColumnOptions = {};
  let inner = schema;
  for (; ; inner = defOf(inner).innerType!) {
    options = { ...columnOptionsOf(inner), ...options };
    const { type } = defOf(inner);
    if (type === 'nullable') nullable = true;
    if (type === 'optional') optional = true;
    if (type === 'default' || type === 'prefault') makeDefault ??= defaultOf(inner);
    if (!wrappers.includes(type)) break;
  }
  const kind = kindOf(inner, owner);
  if (kind.nullable) nullable = true;
  return {
    ...options,
    ...(options.references !== undefined && { references: sureTarget(options.references, owner) }),
    name,
    kind: kind.kind,
    nullable: nullable || optional,
    isUndefined: optional && !nullable,
    makeDefault,
  };
}

function sureTarget(target: () => Referable | undefined, owner: string): () => Referable {
  return () => {
    const model = target();
    if (typeof model?.definition?.table === 'string') return model;
    throw modelError(
      `${owner}: the function of references() must return a model, not ${shown(model)}. Do two files import each other?`,
    );
  };
}

// The default is a getter, which makes a new value each time that it is read.
function defaultOf(schema: z.core.$ZodType): () => unknown {
  return () => (defOf(schema) as { readonly defaultValue?: unknown }).defaultValue;
}

interface Kind {
  readonly kind: ColumnKind;
  readonly nullable?: boolean;
}

function kindOf(schema: z.core.$ZodType, owner: string): Kind {
  const def = defOf(schema);
  if (wrappers.includes(def.type))
    return { ...kindOf(def.innerType!, owner), ...(def.type === 'nullable' && { nullable: true }) };
  switch (def.type) {
    case 'string':
    case 'template_literal':
      return { kind: 'text' };
    case 'number':
      return { kind: numberKind(def.format) };
    case 'boolean':
      return { kind: 'boolean' };
    case 'date':
      return { kind: 'date' };
    case 'bigint':
      return { kind: 'bigint' };
    case 'enum':
      return { kind: literalKind(Object.values(def.entries ?? {}), owner) };
    case 'literal': {
      const { values = [] } = def;
      const held = values.filter((value) => value !== null);
      return { kind: literalKind(held, owner), nullable: held.length < values.length };
    }
    case 'lazy':
      return kindOf(def.getter!(), owner);
    case 'union':
      return unionKind(def.options ?? [], owner);
  }
  if (jsonTypes.includes(def.type)) return { kind: 'json' };
  const why =
    def.type === 'pipe' || def.type === 'transform'
      ? 'it transforms values; declare what is stored, and transform it in the route'
      : `z.${def.type}() cannot be stored in a column`;
  throw modelError(`${owner}: ${why}.`);
}

function numberKind(format: string | undefined): ColumnKind {
  if (format === 'int32') return 'smallInteger';
  return format === 'safeint' || format === 'uint32' ? 'integer' : 'real';
}

function literalKind(values: readonly unknown[], owner: string): ColumnKind {
  const types = new Set(values.map((value) => typeof value));
  const [type] = types;
  if (types.size !== 1) throw modelError(`${owner}: its values are not all of one type.`);
  if (type === 'number') return values.every(Number.isSafeInteger) ? 'integer' : 'real';
  return type === 'bigint' || type === 'boolean' ? type : 'text';
}

function unionKind(options: readonly z.core.$ZodType[], owner: string): Kind {
  const members = options.filter((option) => defOf(option).type !== 'null').map((option) => kindOf(option, owner));
  const kinds = new Set(members.map(({ kind }) => kind));
  const nullable = members.length < options.length || members.some((member) => member.nullable === true);
  return { kind: kinds.size === 1 ? [...kinds][0]! : 'json', nullable };
}

function defOf(schema: z.core.$ZodType): Def {
  return schema._zod.def as Def;
}
