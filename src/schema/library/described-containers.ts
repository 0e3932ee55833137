import { type JsonSchema, typeOf } from '../json/json-schema.ts';
import { becomesMark } from '../json/marks.ts';
import { innerOf, isZod, type ZodTree } from './zod-tree.ts';

type Process = (context: unknown, json: Record<string, unknown>, params: unknown) => void;

interface Describing {
  processJSONSchema?: Process;
}

/** A schema with Zod's methods. */
interface WithList extends ZodTree {
  array(): ZodTree;
}

/**
 * Calls `describe` while the sets and maps in a schema describe themselves: JSON has neither, and Zod says no more of them. It asks each schema itself how it is
 * described, and what is inside of a set has to be described in the same go, for its references; so the answer is put there for the time of the call.
 */
export function withContainers<T>(schema: unknown, describe: () => T): T {
  const found = isZod(schema) ? containersIn(schema, new Set()) : [];
  const before = found.map(({ _zod }) => (_zod as Describing).processJSONSchema);
  try {
    for (const one of found)
      (one._zod as Describing).processJSONSchema = one._zod.def.type === 'set' ? ofSet(one) : ofMap(one);
    return describe();
  } finally {
    for (const [at, { _zod }] of found.entries()) restore(_zod as Describing, before[at]);
  }
}

function restore(described: Describing, before: Process | undefined): void {
  if (before === undefined) delete described.processJSONSchema;
  else described.processJSONSchema = before;
}

function containersIn(schema: ZodTree, seen: Set<ZodTree>, found: ZodTree[] = []): ZodTree[] {
  if (seen.has(schema)) return found;
  seen.add(schema);
  const { type } = schema._zod.def;
  if (type === 'set' || type === 'map') found.push(schema);
  for (const [, inner] of innerOf(schema)) containersIn(inner, seen, found);
  return found;
}

/** What Zod says of a list of the same members. */
function listOf(schema: unknown, context: unknown, params: unknown): JsonSchema {
  const json = {};
  ((schema as WithList).array()._zod as Describing).processJSONSchema!(context, json, params);
  return json;
}

function ofSet({ _zod: { def } }: ZodTree): Process {
  return (context, json, params) => {
    const { minItems, maxItems } = sizesOf(def.checks);
    Object.assign(json, listOf(def['valueType'], context, params), { uniqueItems: true, [becomesMark]: 'set' });
    if (minItems !== undefined) json['minItems'] = minItems;
    if (maxItems !== undefined) json['maxItems'] = maxItems;
  };
}

// Keys are texts, of which Zod writes those that are numbers in this way.
const keyPatterns: Readonly<Record<string, string | undefined>> = {
  string: undefined,
  integer: '^-?\\d+$',
  number: '^-?\\d+(?:\\.\\d+)?$',
};

function ofMap({ _zod: { def } }: ZodTree): Process {
  return (context, json, params) => {
    const { items: keys } = listOf(def['keyType'], context, params);
    const { items: values } = listOf(def['valueType'], context, params);
    const type = typeof keys === 'object' ? typeOf(keys) : undefined;
    if (type === undefined || !Object.hasOwn(keyPatterns, type))
      throw new Error('z.map() cannot be represented in JSON Schema where its keys are no texts or numbers');
    const { minItems, maxItems } = sizesOf(def.checks);
    Object.assign(json, { type: 'object', additionalProperties: values, [becomesMark]: 'map' });
    const pattern = keyPatterns[type];
    if (pattern !== undefined) json['propertyNames'] = { type: 'string', pattern };
    else if (Object.keys(keys as JsonSchema).length > 1) json['propertyNames'] = keys;
    if (minItems !== undefined) json['minProperties'] = minItems;
    if (maxItems !== undefined) json['maxProperties'] = maxItems;
  };
}

interface SizeCheck {
  readonly check?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly size?: number;
}

function sizesOf(checks: ZodTree['_zod']['def']['checks'] = []): { minItems?: number; maxItems?: number } {
  const sizes: { minItems?: number; maxItems?: number } = {};
  for (const { _zod } of checks) {
    const { check, minimum, maximum, size } = _zod.def as SizeCheck;
    if (check === 'min_size') sizes.minItems = Math.max(sizes.minItems ?? 0, minimum!);
    if (check === 'max_size') sizes.maxItems = Math.min(sizes.maxItems ?? Number.POSITIVE_INFINITY, maximum!);
    if (check === 'size_equals') sizes.minItems = sizes.maxItems = size!;
  }
  return sizes;
}
