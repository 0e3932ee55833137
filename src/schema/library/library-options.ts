import type { StandardSchemaV1 } from '@standard-schema/spec';
import { isNull, type JsonSchema } from '../json/json-schema.ts';
import {
  absentMark,
  becomesMark,
  boundsMark,
  discriminatorMark,
  formatMark,
  literalMark,
  nameMark,
  orNullMark,
  preparedMark,
} from '../json/marks.ts';
import { nameOfSchema } from './schema-names.ts';
import { validateNothing } from './validator.ts';
import { leftOut, type OwnMembers, wireForm } from './wire-form.ts';
import { innerOf, type ZodTree } from './zod-tree.ts';

const date = { type: 'string', format: 'date-time', [becomesMark]: 'date' };
const bigint = { type: 'integer', [becomesMark]: 'bigint' };

interface ZodDef extends OwnMembers {
  readonly type: string;
  readonly format?: string;
  readonly catchall?: unknown;
  readonly checks?: readonly { readonly _zod: { readonly def: ZodCheck } }[];
  readonly shape?: Readonly<Record<string, ZodSchema>>;
  /** Of a literal. */
  readonly values?: readonly unknown[];
  /** Of a pipe. */
  readonly in?: ZodSchema;
  readonly out?: ZodSchema;
  /** Of a record. */
  readonly keyType?: ZodSchema;
  readonly valueType?: ZodSchema;
  readonly partial?: boolean;
  readonly element?: ZodSchema;
  readonly items?: readonly ZodSchema[];
  readonly rest?: ZodSchema | null;
  readonly options?: readonly ZodSchema[];
  readonly discriminator?: string;
  readonly left?: ZodSchema;
  readonly right?: ZodSchema;
  readonly innerType?: ZodSchema;
  /** Of a default. */
  readonly defaultValue?: unknown;
}

interface ZodCheck {
  readonly check: string;
  readonly format?: string;
  readonly value?: unknown;
  readonly inclusive?: boolean;
}

interface ZodSchema extends StandardSchemaV1 {
  meta?(): Readonly<Record<string, unknown>> | undefined;
  readonly _zod: {
    readonly def: ZodDef;
    readonly bag?: { readonly Class?: { readonly name?: string } };
    readonly optin?: string;
    readonly optout?: string;
    readonly values?: ReadonlySet<unknown>;
  };
}

interface ZodNode {
  readonly zodSchema: ZodSchema;
  readonly jsonSchema: Record<string, unknown>;
}

/** Which form of a schema: what it takes, or what it gives. */
export type Direction = 'input' | 'output';

// How JSON carries what Zod itself would call unrepresentable, and what tells a literal from an enumeration.
const zodOverrides: Readonly<Record<Direction, (node: ZodNode) => void>> = {
  input: (node) => {
    describeZod(node, 'input');
    const { def } = node.zodSchema._zod;
    // Zod takes what a schema fills in for required, where that is a function's doing or a `catch`'s.
    if (def.shape !== undefined)
      withoutRequired(
        node.jsonSchema,
        (key) => def.shape![key]!._zod.optin !== undefined && takesNothing(def.shape![key]!),
      );
    if (def.type === 'record') requireKeys(node.jsonSchema, def);
    restoreShown(node);
  },
  output: (node) => {
    describeZod(node, 'output');
    const { def } = node.zodSchema._zod;
    // JSON leaves out what is undefined, which Zod's schemas do not know of records, intersections and literals.
    if (def.shape !== undefined) withoutRequired(node.jsonSchema, (key) => mayBeUndefined(def.shape![key]));
    if (def.type === 'record' && mayBeUndefined(def.valueType)) withoutRequired(node.jsonSchema, () => true);
    // In a list it is null.
    const { items } = node.jsonSchema;
    if (def.type === 'array' && mayBeUndefined(def.element)) node.jsonSchema['items'] = orNull(items);
    if (def.type === 'tuple') {
      if (mayBeUndefined(def.rest)) node.jsonSchema['items'] = orNull(items);
      const heads = (node.jsonSchema['prefixItems'] ?? []) as readonly object[];
      node.jsonSchema['prefixItems'] = heads.map((head, at) => (mayBeUndefined(def.items?.[at]) ? orNull(head) : head));
    }
  },
};

/**
 * Examples and defaults of what is taken, which Zod leaves out where a schema gives something else than it takes: what Cortado's own schemas give is written as what
 * they take.
 */
function restoreShown({ zodSchema, jsonSchema }: ZodNode): void {
  const { def } = zodSchema._zod;
  const examples = zodSchema.meta?.()?.['examples'];
  const isShown = def.type === 'default' && def[leftOut] !== true && jsonSchema['default'] === undefined;
  if ((examples === undefined && !isShown) || changes(zodSchema as ZodSchema & ZodTree, new Set())) return;
  if (examples !== undefined) jsonSchema['examples'] = examples;
  const value = isShown ? shownDefault(def.defaultValue) : undefined;
  if (value !== undefined) jsonSchema['default'] = value;
}

/** A default as JSON has it, with lists for sets; `undefined` where JSON has none. */
function shownDefault(value: unknown): unknown {
  try {
    const text = JSON.stringify(value, (_key, member: unknown) => {
      if (member instanceof Set) return [...member];
      return member instanceof Map ? Object.fromEntries(member) : member;
    });
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Whether a function of the app changes what a schema takes. */
function changes(schema: ZodTree, seen: Set<ZodTree>): boolean {
  if (seen.has(schema)) return false;
  seen.add(schema);
  const { def } = schema._zod;
  if ((def as OwnMembers)[wireForm] !== undefined) return false;
  return typeof def['transform'] === 'function' || innerOf(schema).some(([, inner]) => changes(inner, seen));
}

function orNull(json: unknown): object {
  return { anyOf: [json, { type: 'null' }] };
}

/** Whether a schema may give nothing. That anything may be nothing is not said of `any` and `unknown`: it would be of no use. */
function mayBeUndefined(schema: ZodSchema | null | undefined): boolean {
  if (schema === undefined || schema === null) return false;
  const { def, optout } = schema._zod;
  if (optout !== undefined) return true;
  switch (def.type) {
    case 'literal':
      return def.values?.includes(undefined) === true;
    case 'union':
      return def.options?.some(mayBeUndefined) === true;
    case 'intersection':
      return mayBeUndefined(def.left) && mayBeUndefined(def.right);
    case 'nullable':
    case 'readonly':
      return mayBeUndefined(def.innerType);
    case 'pipe':
      return mayBeUndefined(def.out);
    default:
      return def.type === 'undefined' || def.type === 'void';
  }
}

function withoutRequired(jsonSchema: Record<string, unknown>, isFree: (key: string) => boolean): void {
  const required = jsonSchema['required'] as readonly string[] | undefined;
  const left = required?.filter((key) => !isFree(key));
  if (left?.length === 0) delete jsonSchema['required'];
  else if (left !== undefined) jsonSchema['required'] = left;
}

// Of a record whose keys are listed Zod needs them all, but for those whose values may be nothing.
function requireKeys(jsonSchema: Record<string, unknown>, { keyType, valueType, partial }: ZodDef): void {
  const keys = keyType?._zod.values;
  if (keys === undefined || partial === true || valueType === undefined || takesNothing(valueType))
    delete jsonSchema['required'];
  else jsonSchema['required'] = [...keys].map(String);
}

/** Whether a schema takes what is not sent, be it that it makes up a value. */
function takesNothing(schema: ZodSchema): boolean {
  try {
    const result = validateNothing(schema);
    return result instanceof Promise || result.issues === undefined;
  } catch {
    return false;
  }
}

function describeZod({ zodSchema, jsonSchema }: ZodNode, direction: Direction): void {
  const name = nameOfSchema(zodSchema);
  if (name !== undefined) jsonSchema[nameMark] = name;
  const {
    type,
    format,
    catchall,
    values,
    discriminator,
    in: before,
    [wireForm]: wire,
    [leftOut]: isLeftOut,
  } = zodSchema._zod.def;
  if (discriminator !== undefined) jsonSchema[discriminatorMark] = discriminator;
  if (wire !== undefined) {
    // What the app says of it stays.
    Object.assign(jsonSchema, { ...wire.json[direction], ...jsonSchema, [formatMark]: wire.format });
  } else if (isLeftOut === true) {
    delete jsonSchema['default'];
    const branches = jsonSchema['anyOf'] as readonly JsonSchema[] | undefined;
    const shown = branches?.map((branch) => (isNull(branch) ? { ...branch, [orNullMark]: true } : branch));
    if (shown !== undefined) jsonSchema['anyOf'] = shown;
  } else if (type === 'date') Object.assign(jsonSchema, date);
  else if (type === 'string' && format === 'datetime') jsonSchema['format'] = 'date-time';
  else if (type === 'string' && format === 'time') jsonSchema['format'] = 'time';
  else if (type === 'bigint') Object.assign(jsonSchema, bigint, bigintBounds(zodSchema._zod.def));
  else if (type === 'literal') {
    jsonSchema[literalMark] = true;
    if (values?.some((value) => typeof value === 'bigint')) jsonSchema[becomesMark] = 'bigint';
  } else if (type === 'pipe' && before?._zod.def.type === 'transform') jsonSchema[preparedMark] = true;
  // That nothing else comes out of a plain object is no promise to clients.
  else if (type === 'object' && catchall === undefined) delete jsonSchema['additionalProperties'];
  else if (undescribable.includes(type))
    throw new Error(`${writtenAs(zodSchema)} cannot be represented in JSON Schema`);
  // Zod makes an object of a set.
  if (type === 'default' && JSON.stringify(jsonSchema['default'])?.includes('{}') === true)
    jsonSchema['default'] = shownDefault(zodSchema._zod.def.defaultValue);
}

const bigintKeys: Readonly<Record<string, readonly [including: string, excluding: string]>> = {
  greater_than: ['ge', 'gt'],
  less_than: ['le', 'lt'],
  multiple_of: ['multiple_of', 'multiple_of'],
};

// In the order in which Pydantic looks at them.
const keywords: Readonly<Record<string, string>> = {
  multiple_of: 'multipleOf',
  le: 'maximum',
  lt: 'exclusiveMaximum',
  ge: 'minimum',
  gt: 'exclusiveMinimum',
};

const int64 = { le: 2n ** 63n - 1n, ge: -(2n ** 63n) };
const uint64 = { le: 2n ** 64n - 1n, ge: 0n };

/** Constraints on a bigint: as texts, which hold them all, and for documents those that a number holds. */
function bigintBounds({ format, checks = [] }: ZodDef): Record<string, unknown> {
  const all = [...(format === undefined ? [] : [{ format }]), ...checks.map(({ _zod }) => _zod.def)];
  const bounds = all.flatMap((def): (readonly [string, bigint])[] => {
    if (def.format === 'int64' || def.format === 'uint64')
      return Object.entries(def.format === 'int64' ? int64 : uint64);
    const { check = '', value, inclusive = true } = def as Partial<ZodCheck>;
    const key = bigintKeys[check]?.[inclusive ? 0 : 1];
    return key === undefined || typeof value !== 'bigint' ? [] : [[key, value]];
  });
  if (bounds.length === 0) return {};
  const order = Object.keys(keywords);
  bounds.sort(([a], [b]) => order.indexOf(a) - order.indexOf(b));
  const written = bounds.filter(([, bound]) => Number.isSafeInteger(Number(bound)));
  return {
    ...Object.fromEntries(written.map(([key, bound]) => [keywords[key]!, Number(bound)])),
    [boundsMark]: bounds.map(([key, bound]) => [key, String(bound)]),
  };
}

const undescribable: readonly string[] = ['symbol', 'function', 'undefined', 'void', 'nan', 'transform', 'custom'];

// How it was written: `z.instanceof()` makes a custom schema.
function writtenAs({ _zod: { def, bag } }: ZodSchema): string {
  return bag?.Class === undefined ? `z.${def.type}()` : `z.instanceof(${bag.Class.name || 'class'})`;
}

interface ArkContext {
  readonly code: string;
  readonly base: JsonSchema;
  readonly domain?: string;
  readonly unit?: unknown;
}

// ArkType leaves out what JSON Schema cannot tell; a domain of its own would then pass for anything.
const arktype = {
  fallback: ({ code, base, domain, unit }: ArkContext): JsonSchema => {
    if (code === 'date') return { ...base, ...date };
    if (code === 'domain' && domain === 'bigint') return { ...base, ...bigint };
    if (code === 'domain') throw new Error(`${domain} cannot be represented in JSON Schema`);
    return code === 'unit' && unit === undefined ? { [absentMark]: true } : base;
  },
};

/** Options for a library's own conversion to JSON Schema. */
export function libraryOptions(vendor: string, direction: Direction): object | undefined {
  if (vendor === 'zod') return { unrepresentable: 'any', override: zodOverrides[direction] };
  return vendor === 'arktype' ? arktype : undefined;
}

/** Whether Zod lets a property of this schema be left out, which a schema that validates asynchronously cannot say at once. */
export function isOmittable(schema: StandardSchemaV1): boolean {
  const { _zod } = schema as { readonly _zod?: { readonly optin?: string } };
  return schema['~standard'].vendor === 'zod' && _zod?.optin !== undefined;
}

/** Takes `undefined` out of unions: what is absent is not a value of JSON. */
export function withoutAbsent(json: JsonSchema): JsonSchema {
  const branches = json.anyOf?.filter((branch) => branch[absentMark] !== true);
  if (branches === undefined || branches.length === json.anyOf?.length) return json;
  const { anyOf: _, ...rest } = json;
  return branches.length === 1 ? { ...rest, ...branches[0] } : { ...rest, anyOf: branches };
}
