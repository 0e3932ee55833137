import { isRecord } from '../base/is-record.ts';
import type { JsonSchema } from '../schema/json/json-schema.ts';

// Where other schemas stand in a schema: one, a list of them, or by names.
const ofOne = ['additionalProperties', 'propertyNames', 'contains', 'not', 'if', 'then', 'else', 'contentSchema'];
const ofLists = ['anyOf', 'oneOf', 'allOf'];
const byNames = ['properties', 'patternProperties', '$defs', 'definitions'];

/**
 * A schema of draft 2020-12 in the words of draft 7, which AsyncAPI's schemas are a superset of: lists with a schema for each place, and members
 * beside a reference, which draft 7 does not look at. OpenAPI's `discriminator` is left out, as AsyncAPI has another one of that name.
 */
export function draftSeven(json: JsonSchema): JsonSchema {
  const { $ref, prefixItems, items, discriminator: _, ...rest } = json;
  const made: Record<string, unknown> = { ...rest };
  for (const [key, member] of Object.entries(rest)) {
    if (ofOne.includes(key)) made[key] = ofAny(member);
    else if (ofLists.includes(key)) made[key] = (member as readonly unknown[]).map(ofAny);
    else if (byNames.includes(key) && isRecord(member))
      made[key] = Object.fromEntries(Object.entries(member).map(([name, schema]) => [name, ofAny(schema)]));
  }
  if (prefixItems !== undefined) {
    made['items'] = prefixItems.map(draftSeven);
    if (items !== undefined) made['additionalItems'] = ofAny(items);
  } else if (items !== undefined) made['items'] = ofAny(items);
  if ($ref === undefined) return made as JsonSchema;
  if (Object.keys(made).length === 0) return { $ref };
  const { allOf = [], ...beside } = made as JsonSchema;
  return { ...beside, allOf: [{ $ref }, ...allOf] };
}

function ofAny(schema: unknown): unknown {
  return isRecord(schema) ? draftSeven(schema as JsonSchema) : schema;
}
