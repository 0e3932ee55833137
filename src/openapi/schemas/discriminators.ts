import { type JsonSchema, refersTo } from '../../schema/json/json-schema.ts';
import { discriminatorMark } from '../../schema/json/marks.ts';
import { copyJson } from './copy-json.ts';

/**
 * A copy in which a union whose members a property tells apart says so (OpenAPI's `discriminator`), with the member of each value. Only where
 * each member has a name: OpenAPI knows of no other.
 */
export function withDiscriminators(json: JsonSchema, parts: ReadonlyMap<string, JsonSchema>): JsonSchema {
  const replace = (_key: string, member: unknown): unknown => {
    const property = (member as JsonSchema | null)?.[discriminatorMark];
    if (typeof property !== 'string') return undefined;
    const union = copyJson(member, replace) as JsonSchema;
    const mapping = mappingOf(member as JsonSchema, property, parts);
    return mapping === undefined ? union : { ...union, discriminator: { propertyName: property, mapping } };
  };
  return (replace('', json) as JsonSchema | undefined) ?? (copyJson(json, replace) as JsonSchema);
}

/** Which member has a value of the property, for all values; `undefined` where that cannot be said of one. */
function mappingOf(
  union: JsonSchema,
  property: string,
  parts: ReadonlyMap<string, JsonSchema>,
): Readonly<Record<string, string>> | undefined {
  const mapping: Record<string, string> = {};
  for (const branch of union.oneOf ?? union.anyOf ?? []) {
    const values = typeof branch.$ref === 'string' ? valuesOf(branch, property, parts) : undefined;
    const inner = values === undefined ? mappingOf(branch, property, parts) : undefined;
    for (const value of values ?? []) mapping[String(value)] = branch.$ref!;
    Object.assign(mapping, inner);
    if (values === undefined && inner === undefined) return undefined;
  }
  return Object.keys(mapping).length === 0 ? undefined : mapping;
}

function valuesOf(
  json: JsonSchema,
  property: string,
  parts: ReadonlyMap<string, JsonSchema>,
  depth = 0,
): readonly unknown[] | undefined {
  const node = typeof json.$ref === 'string' ? refersTo(json.$ref, (name) => parts.get(name)) : json;
  if (node === undefined || depth > 16) return undefined;
  const own = node.properties?.[property];
  if (own?.enum !== undefined) return own.enum;
  if (own !== undefined) return 'const' in own ? [own.const] : undefined;
  const inner = (node.oneOf ?? node.anyOf)?.map((branch) => valuesOf(branch, property, parts, depth + 1));
  return inner === undefined || inner.includes(undefined) ? undefined : inner.flatMap((values) => values!);
}
