import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { JsonSchema } from './json/json-schema.ts';
import { type Change, changedZod, isZod, type ZodTree } from './library/zod-tree.ts';

/** A schema of Zod like another one, whose objects take no keys that they do not know; `undefined` for a schema of another library. */
export function closedSchema(schema: StandardSchemaV1): StandardSchemaV1 | undefined {
  return isZod(schema) ? changedZod(schema, closed) : undefined;
}

interface WithStrict extends ZodTree {
  strict(): ZodTree;
}

// An object that says itself what becomes of other keys, be it that they may come, has said it.
function closed(schema: ZodTree): Change | undefined {
  const { def } = schema._zod;
  if (def.type !== 'object' || def['catchall'] !== undefined) return undefined;
  return { def: { catchall: (schema as WithStrict).strict()._zod.def['catchall'] } };
}

const single = ['items', 'additionalProperties'];
const listed = ['prefixItems', 'anyOf', 'oneOf'];
const named = ['properties', 'patternProperties', '$defs'];

/** The JSON Schema of a {@link closedSchema}. Parts of an intersection stay open: each would refuse what the others know. */
export function closedJson(json: JsonSchema): JsonSchema {
  const made: Record<string, unknown> = { ...json };
  for (const key of single) if (isObject(json[key])) made[key] = closedJson(json[key]);
  for (const key of listed) if (Array.isArray(json[key])) made[key] = (json[key] as JsonSchema[]).map(closedJson);
  for (const key of named)
    if (isObject(json[key]))
      made[key] = Object.fromEntries(Object.entries(json[key]).map(([name, part]) => [name, closedJson(part)]));
  if (json.properties !== undefined && json.additionalProperties === undefined) made['additionalProperties'] = false;
  return made;
}

function isObject(value: unknown): value is Record<string, JsonSchema> & JsonSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
