import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { JsonSchema } from './json-schema.ts';

// Marks that only Cortado reads; no document shows them.
export const marks = 'x-cortado-';

/** Set on a schema that lists literal values, which JSON Schema writes like an enumeration. */
export const literalMark = 'x-cortado-literal';

/** Set on a schema whose values are `date` or `bigint` in JavaScript, and a text or a number on the wire. */
export const becomesMark = 'x-cortado-becomes';

/** Set on a schema whose input a function of the app changes first, so that it need not be what the schema takes. */
export const preparedMark = 'x-cortado-prepared';

const absentMark = 'x-cortado-absent';

const date = { type: 'string', format: 'date-time', [becomesMark]: 'date' };
const bigint = { type: 'integer', [becomesMark]: 'bigint' };

interface ZodDef {
  readonly type: string;
  readonly format?: string;
  readonly catchall?: unknown;
  /** Of a pipe. */
  readonly in?: ZodNode['zodSchema'];
}

interface ZodNode {
  readonly zodSchema: {
    readonly _zod: { readonly def: ZodDef; readonly bag?: { readonly Class?: { readonly name?: string } } };
  };
  readonly jsonSchema: Record<string, unknown>;
}

// How JSON carries what Zod itself would call unrepresentable, and what tells a literal from an enumeration.
const zod = {
  unrepresentable: 'any',
  override: ({ zodSchema, jsonSchema }: ZodNode): void => {
    const { type, format, catchall, in: before } = zodSchema._zod.def;
    if (type === 'date') Object.assign(jsonSchema, date);
    else if (type === 'string' && format === 'datetime') jsonSchema['format'] = 'date-time';
    else if (type === 'string' && format === 'time') jsonSchema['format'] = 'time';
    else if (type === 'bigint') Object.assign(jsonSchema, bigint);
    else if (type === 'literal') jsonSchema[literalMark] = true;
    else if (type === 'pipe' && before?._zod.def.type === 'transform') jsonSchema[preparedMark] = true;
    // That nothing else comes out of a plain object is no promise to clients.
    else if (type === 'object' && catchall === undefined) delete jsonSchema['additionalProperties'];
    else if (undescribable.includes(type))
      throw new Error(`${writtenAs(zodSchema)} cannot be represented in JSON Schema`);
  },
};

const undescribable: readonly string[] = [
  'symbol',
  'map',
  'set',
  'function',
  'undefined',
  'void',
  'nan',
  'transform',
  'custom',
];

// How it was written: `z.instanceof()` makes a custom schema.
function writtenAs({ _zod: { def, bag } }: ZodNode['zodSchema']): string {
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
export function libraryOptions(vendor: string): object | undefined {
  return vendor === 'zod' ? zod : vendor === 'arktype' ? arktype : undefined;
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
