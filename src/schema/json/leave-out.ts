import { isDeepStrictEqual } from 'node:util';
import { inJson } from '../../base/json/in-json.ts';
import { type JsonSchema, resolveRef } from './json-schema.ts';
import { nameMark } from './marks.ts';

/**
 * Which members of a model an answer leaves out: `unset` those that the handler's value lacks, even where the schema has a default; `none` those
 * that are `null`; `defaults` those that are equal to their default.
 */
export type Excluded = 'unset' | 'none' | 'defaults';

/** Leaves members out of a value that fits `json`, in its models at every depth; as Pydantic does, not in what are records. */
export function leaveOut(value: unknown, given: unknown, json: JsonSchema, excluded: ReadonlySet<Excluded>): unknown {
  const walk = (made: unknown, source: unknown, schema: JsonSchema | undefined): unknown => {
    const [fine, from] = [inJson(made), inJson(source)];
    const node = schema === undefined ? undefined : memberFor(fine, schema, json);
    if (node === undefined || typeof fine !== 'object' || fine === null) return fine;
    if (Array.isArray(fine)) {
      const items = typeof node.items === 'object' ? node.items : undefined;
      const sources = Array.isArray(from) && from.length === fine.length ? from : [];
      return fine.map((item, at) => walk(item, sources[at], node.prefixItems?.[at] ?? items));
    }
    if (!isPlain(fine)) return fine;
    const kept: Record<string, unknown> = {};
    const { properties } = node;
    for (const [key, member] of Object.entries(fine)) {
      const property = properties !== undefined && Object.hasOwn(properties, key) ? properties[key] : undefined;
      const source = isSource(from) ? from[key] : undefined;
      if (property !== undefined && isLeftOut(member, property, isSource(from) && source === undefined)) continue;
      // What a model takes beyond its members, a record does not.
      if (property === undefined && properties !== undefined && isNone(member)) continue;
      const rest = typeof node.additionalProperties === 'object' ? node.additionalProperties : undefined;
      put(kept, key, walk(member, source, property ?? rest));
    }
    return kept;
  };
  const isLeftOut = (member: unknown, property: JsonSchema, isUnset: boolean): boolean =>
    (excluded.has('unset') && isUnset) ||
    isNone(member) ||
    (excluded.has('defaults') && isDefault(member, property, json));
  const isNone = (member: unknown): boolean => excluded.has('none') && (member === null || member === undefined);
  return walk(value, given, json);
}

function put(into: Record<string, unknown>, key: string, value: unknown): void {
  Object.defineProperty(into, key, { value, enumerable: true, writable: true, configurable: true });
}

// Values that say by themselves what they are in JSON have no members.
function isPlain(value: object): value is Readonly<Record<string, unknown>> {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function isSource(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isDefault(member: unknown, property: JsonSchema, root: JsonSchema): boolean {
  const node = 'default' in property ? property : resolveRef(property, root);
  return 'default' in node && isDeepStrictEqual(asJson(member), node['default']);
}

// As the default stands in the schema. Node takes any two objects of Temporal for equal.
function asJson(value: unknown): unknown {
  const inside = (_: string, member: unknown): unknown => inJson(member);
  return typeof value === 'object' && value !== null ? JSON.parse(JSON.stringify(value, inside)) : value;
}

/** Of alternatives the one that a value is: by its constants, then by the members that it has. */
function memberFor(value: unknown, json: JsonSchema, root: JsonSchema, depth = 0): JsonSchema | undefined {
  const node = resolveRef(json, root);
  if (depth > 16) return undefined;
  if (node.allOf !== undefined) {
    const parts = membersFor(value, node.allOf, root, depth);
    return { ...node, properties: Object.assign({}, node.properties, ...parts.map(({ properties }) => properties)) };
  }
  const branches = node.anyOf ?? node.oneOf;
  if (branches === undefined) return node;
  return membersFor(value, branches, root, depth).find((branch) => fits(value, branch, root));
}

function membersFor(value: unknown, parts: readonly JsonSchema[], root: JsonSchema, depth: number): JsonSchema[] {
  return parts.flatMap((part): JsonSchema[] => {
    const found = memberFor(value, part, root, depth + 1);
    return found === undefined ? [] : [found];
  });
}

function fits(
  value: unknown,
  { properties, required = [], items, prefixItems }: JsonSchema,
  root: JsonSchema,
): boolean {
  if (Array.isArray(value)) return items !== undefined || prefixItems !== undefined;
  if (!isSource(value)) return false;
  const members = properties ?? {};
  if (required.some((key) => !(key in value)) || Object.keys(value).some((key) => !(key in members))) return false;
  return Object.entries(members).every(([key, member]) => {
    const node = resolveRef(member, root);
    return !('const' in node) || !(key in value) || value[key] === node.const;
  });
}

/**
 * The schema of what is left: what may be left out is not required. Models that this changes, and those that hold them, get a name of their own:
 * whatever else answers with them keeps theirs.
 */
export function withoutExcluded(json: JsonSchema, excluded: ReadonlySet<Excluded>): JsonSchema {
  const mayLack = (property: JsonSchema): boolean => {
    const node = resolveRef(property, json);
    const hasDefault = 'default' in property || 'default' in node;
    if (hasDefault && (excluded.has('unset') || excluded.has('defaults'))) return true;
    return excluded.has('none') && takesNull(node, json, 0);
  };
  const loosen = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(loosen);
    if (typeof value !== 'object' || value === null) return value;
    const copy = Object.fromEntries(Object.entries(value).map(([key, member]) => [key, loosen(member)])) as JsonSchema;
    const { properties, required } = copy;
    if (!Array.isArray(required) || typeof properties !== 'object') return copy;
    const { required: _, ...rest } = copy;
    const left = required.filter((key) => !mayLack(properties[key] ?? {}));
    return left.length === 0 ? rest : { ...rest, required: left };
  };
  const loose = loosen(json) as JsonSchema;
  const parts = changedParts(json, loose);
  const left = renamed(json, loose, parts) as JsonSchema;
  if (left.$defs === undefined) return left;
  // One without a name is called by its key.
  const named = Object.entries(left.$defs).map(([key, part]) =>
    parts.has(refTo(key)) && nameKeys.every((name) => part[name] === undefined)
      ? [key, { ...part, [nameMark]: `${key}${partial}` }]
      : [key, part],
  );
  return { ...left, $defs: Object.fromEntries(named) as NonNullable<JsonSchema['$defs']> };
}

const partial = '-Partial';
const refTo = (key: string): string => `#/$defs/${key}`;

/** References to the shared parts that are others now, or refer to one that is. */
function changedParts({ $defs: before = {} }: JsonSchema, { $defs: after = {} }: JsonSchema): ReadonlySet<string> {
  const changed = new Set<string>();
  for (let size = -1; size < changed.size; ) {
    size = changed.size;
    for (const [key, part] of Object.entries(after)) if (isChanged(before[key], part, changed)) changed.add(refTo(key));
  }
  return changed;
}

function isChanged(before: unknown, after: unknown, parts: ReadonlySet<string>): boolean {
  const text = JSON.stringify(after);
  return text !== JSON.stringify(before) || [...parts].some((ref) => text.includes(JSON.stringify(ref)));
}

const nameKeys: readonly string[] = ['id', nameMark];

function renamed(before: unknown, after: unknown, parts: ReadonlySet<string>): unknown {
  if (typeof after !== 'object' || after === null) return after;
  const old = before as Readonly<Record<string, unknown>>;
  if (Array.isArray(after)) return after.map((item, at) => renamed(old[at], item, parts));
  const named = nameKeys.find((key) => typeof (after as JsonSchema)[key] === 'string');
  const isOther = named !== undefined && isChanged(before, after, parts);
  return Object.fromEntries(
    Object.entries(after).map(([key, member]) =>
      isOther && nameKeys.includes(key) && typeof member === 'string'
        ? [key, `${member}${partial}`]
        : [key, renamed(old[key], member, parts)],
    ),
  );
}

function takesNull(json: JsonSchema, root: JsonSchema, depth: number): boolean {
  const node = resolveRef(json, root);
  if (depth > 16) return false;
  if (node.type === 'null' || (Array.isArray(node.type) && node.type.includes('null'))) return true;
  if ('const' in node) return node.const === null;
  return [...(node.anyOf ?? []), ...(node.oneOf ?? [])].some((branch) => takesNull(branch, root, depth + 1));
}
