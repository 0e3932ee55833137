import { isRecord } from '../../base/is-record.ts';
import { exactMember } from '../json/exact-integers.ts';
import type { JsonSchema } from '../json/json-schema.ts';
import { anyNode } from './scalar-nodes.ts';
import { below, type Compile, coercing, isOver, type Node, report, reportMember, throughMember } from './walk.ts';
import { lengthWords, missing, wrongType } from './words.ts';

export function arrayNode(json: JsonSchema, compile: Compile): Node {
  const heads = json.prefixItems?.map(compile) ?? [];
  const rest = typeof json.items === 'object' ? compile(json.items) : anyNode;
  const { minItems = 0, maxItems = Number.POSITIVE_INFINITY } = json;
  const isTuple = heads.length > 0;
  const what = isTuple ? 'Tuple' : 'List';
  return (input, walk) => {
    if (!Array.isArray(input)) return report(walk, input, isTuple ? wrongType.tuple : wrongType.array);
    const { length } = input;
    if (length > maxItems) return report(walk, input, lengthWords(what, false, maxItems, length));
    let values: unknown[] = input;
    for (let index = 0; index < length && !isOver(walk); index++) {
      const before: unknown = input[index];
      const item = exactMember(walk.exact, input, index, before);
      const made = throughMember(walk, index, heads[index] ?? rest, item);
      if (made === before) continue;
      if (values === input) values = [...input];
      values[index] = made;
    }
    if (length >= minItems) return values;
    if (!isTuple || minItems > heads.length) return report(walk, input, lengthWords(what, true, minItems, length));
    for (let index = length; index < minItems; index++) reportMember(walk, index, input, missing);
    return values;
  };
}

/** A list whose members are those of a set: JSON has none, so it becomes one in every mode. */
export function setNode(
  { minItems = 0, maxItems = Number.POSITIVE_INFINITY, items }: JsonSchema,
  compile: Compile,
): Node {
  const members = arrayNode({ type: 'array', ...(items !== undefined && { items }) }, compile);
  return (input, walk) => {
    if (input instanceof Set) return input;
    if (!Array.isArray(input)) return report(walk, input, wrongType.set);
    const before = walk.issues.length;
    const set = new Set(withoutTwins(members(input, walk) as unknown[]));
    // How many there are is known once all are what they should be.
    if (walk.issues.length > before) return set;
    if (set.size > maxItems) report(walk, input, lengthWords('Set', false, maxItems, null));
    else if (set.size < minItems) report(walk, input, lengthWords('Set', true, minItems, set.size));
    return set;
  };
}

// Two dates of one moment are two objects.
function withoutTwins(members: readonly unknown[]): readonly unknown[] {
  const moments = new Set<number>();
  return members.filter((member) => {
    if (!(member instanceof Date)) return true;
    const isNew = !moments.has(member.getTime());
    moments.add(member.getTime());
    return isNew;
  });
}

/** An object whose members are those of a map, with keys of the type that they are declared with. */
export function mapNode(json: JsonSchema, compile: Compile): Node {
  const members = objectNode(json, compile);
  const key = keyNode(json.propertyNames, compile);
  return (input, walk) => {
    if (input instanceof Map) return input;
    const made = members(input, walk);
    if (!isRecord(made)) return made;
    return new Map(
      Object.entries(made).map(([name, value]) => [
        key === undefined ? name : key(name, coercing(true, undefined)),
        value,
      ]),
    );
  };
}

export function objectNode(json: JsonSchema, compile: Compile): Node {
  const properties = Object.entries(json.properties ?? {}).map(([key, property]): readonly [string, Node] => [
    key,
    compile(property),
  ]);
  const names = new Set(properties.map(([key]) => key));
  const required = new Set(json.required ?? []);
  // Keys of a record that has to have them all.
  const unlisted = [...required].filter((key) => !names.has(key));
  const { additionalProperties } = json;
  const extra = typeof additionalProperties === 'object' ? compile(additionalProperties) : undefined;
  const patterns = Object.entries((json['patternProperties'] as Record<string, JsonSchema> | undefined) ?? {}).map(
    ([pattern, schema]) => [new RegExp(pattern, 'u'), compile(schema)] as const,
  );
  const key = keyNode(json.propertyNames, compile);
  const looksAtOthers = additionalProperties === false || key !== undefined || patterns.length > 0;
  // What may be anything has to be looked at for its integers alone.
  const isAnything = typeof additionalProperties === 'object' && Object.keys(additionalProperties).length === 0;
  const isDictionary = properties.length === 0 && additionalProperties !== false;
  const length = isDictionary ? entriesNode(json) : undefined;
  return (input, walk) => {
    if (!isRecord(input)) return report(walk, input, isDictionary ? wrongType.record : wrongType.object);
    const isLooked = looksAtOthers || (extra !== undefined && !(isAnything && walk.exact === undefined));
    if (isDictionary && !isLooked && unlisted.length === 0) {
      length?.(input, walk);
      return input;
    }
    let values: Record<string, unknown> = input;
    const coerceMember = (name: string, node: Node): void => {
      const before = input[name];
      const made = throughMember(walk, name, node, exactMember(walk.exact, input, name, before));
      if (made === before) return;
      // A copy has members of its own, so a key named __proto__ stays a key.
      if (values === input) values = { ...input };
      values[name] = made;
    };
    for (const [name, node] of properties) {
      if (isOver(walk)) return values;
      if (Object.hasOwn(input, name) && input[name] !== undefined) {
        walk.known.count++;
        coerceMember(name, node);
      } else if (required.has(name)) reportMember(walk, name, input, missing);
    }
    for (const name of isLooked ? Object.keys(input) : []) {
      if (isOver(walk)) return values;
      if (names.has(name)) continue;
      const fitting = patterns.find(([pattern]) => pattern.test(name))?.[1];
      if (additionalProperties === false && fitting === undefined)
        reportMember(walk, name, input[name], wrongType.never);
      if (key !== undefined) below(walk, name, key, name);
      const node = fitting ?? extra;
      if (node !== undefined) coerceMember(name, node);
    }
    for (const name of unlisted) if (!Object.hasOwn(input, name)) reportMember(walk, name, input, missing);
    length?.(input, walk);
    return values;
  };
}

function entriesNode({ minProperties, maxProperties }: JsonSchema): Node | undefined {
  if (typeof minProperties !== 'number' && typeof maxProperties !== 'number') return undefined;
  const least = typeof minProperties === 'number' ? minProperties : 0;
  const most = typeof maxProperties === 'number' ? maxProperties : Number.POSITIVE_INFINITY;
  return (input, walk) => {
    const count = Object.keys(input as object).length;
    if (count > most) return report(walk, input, lengthWords('Dictionary', false, most, count));
    return count < least ? report(walk, input, lengthWords('Dictionary', true, least, count)) : input;
  };
}

// How Zod writes the keys of a record that are numbers.
const numericKeys: Readonly<Record<string, JsonSchema>> = {
  '^-?\\d+$': { type: 'integer' },
  '^-?\\d+(?:\\.\\d+)?$': { type: 'number' },
};

// Keys are texts, whatever they stand for: "3" is a fine integer key in every mode.
function keyNode(json: JsonSchema['propertyNames'], compile: Compile): Node | undefined {
  if (typeof json !== 'object' || isText(json)) return undefined;
  const node = compile(numericKeys[json.pattern ?? ''] ?? json);
  return (input, walk) => below(walk.lax ? walk : { ...walk, lax: true }, '[key]', node, input);
}

// As every key is.
function isText(json: JsonSchema): boolean {
  return json.type === 'string' && Object.keys(json).length === 1;
}
