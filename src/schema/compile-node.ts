import { isNull, type JsonSchema, resolveRef, typeOf } from './json-schema.ts';
import { anyNode, booleanNode, choiceNode, integerNode, nullNode, numberNode, stringNode } from './scalar-nodes.ts';
import { type Node, report, type Walk } from './walk.ts';

// Deeper values are left to the schema library: a hostile body must not exhaust the stack here.
const deepest = 200;

/** Compiles a JSON Schema into the walk that coerces as Pydantic does and reports as Pydantic does. */
export function compileNode(root: JsonSchema): Node {
  const known = new Map<JsonSchema, Node>();
  const compile = (json: JsonSchema): Node => {
    const node = resolveRef(json, root);
    const before = known.get(node);
    if (before !== undefined) return before;
    // Recursive schemas meet themselves while they are being compiled.
    let made: Node = anyNode;
    known.set(node, (input, loc, walk) => (loc.length > deepest ? input : made(input, loc, walk)));
    made = build(node, compile, root);
    known.set(node, made);
    return made;
  };
  return compile(root);
}

type Compile = (json: JsonSchema) => Node;

function build(json: JsonSchema, compile: Compile, root: JsonSchema): Node {
  if ('const' in json || json.enum !== undefined) return isNull(json) ? nullNode : choiceNode(json);
  const branches = json.anyOf ?? json.oneOf;
  if (branches !== undefined)
    return unionNode(
      json,
      branches.map((branch) => resolveRef(branch, root)),
      branches,
      compile,
      root,
    );
  if (json.allOf !== undefined) return allNode(json.allOf.map(compile));
  const base = typedNode(json, compile);
  return Array.isArray(json.type) && json.type.includes('null')
    ? (input, loc, walk) => (input === null ? null : base(input, loc, walk))
    : base;
}

function typedNode(json: JsonSchema, compile: Compile): Node {
  switch (typeOf(json)) {
    case 'integer':
      return integerNode(json);
    case 'number':
      return numberNode(json);
    case 'boolean':
      return booleanNode;
    case 'string':
      return stringNode(json);
    case 'null':
      return nullNode;
    case 'array':
      return arrayNode(json, compile);
    case 'object':
      return objectNode(json, compile);
    default:
      return json.properties === undefined ? anyNode : objectNode(json, compile);
  }
}

function allNode(nodes: readonly Node[]): Node {
  return (input, loc, walk) => {
    let value = input;
    for (const node of nodes) {
      const part = node(value, loc, walk);
      value = isRecord(part) && isRecord(value) ? { ...value, ...part } : part;
    }
    return value;
  };
}

function arrayNode(json: JsonSchema, compile: Compile): Node {
  const heads = json.prefixItems?.map(compile) ?? [];
  const rest = typeof json.items === 'object' ? compile(json.items) : anyNode;
  return (input, loc, walk) => {
    if (!Array.isArray(input)) return report(walk, loc, 'list_type', 'Input should be a valid list', input);
    const { minItems = 0, maxItems = Number.POSITIVE_INFINITY } = json;
    const fault = (type: string, words: string, key: string, bound: number): unknown =>
      report(
        walk,
        loc,
        type,
        `List should have ${words} ${bound} item${bound === 1 ? '' : 's'} after validation, not ${input.length}`,
        input,
        { field_type: 'List', [key]: bound, actual_length: input.length },
      );
    if (input.length > maxItems) return fault('too_long', 'at most', 'max_length', maxItems);
    const values = input.map((item, index) => (heads[index] ?? rest)(item, [...loc, index], walk));
    return input.length < minItems ? fault('too_short', 'at least', 'min_length', minItems) : values;
  };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function objectNode(json: JsonSchema, compile: Compile): Node {
  const properties = Object.entries(json.properties ?? {}).map(([key, property]): readonly [string, Node] => [
    key,
    compile(property),
  ]);
  const names = new Set(properties.map(([key]) => key));
  const required = new Set(json.required ?? []);
  const { additionalProperties } = json;
  const extra = typeof additionalProperties === 'object' ? compile(additionalProperties) : undefined;
  const key = typeof json.propertyNames === 'object' ? keyNode(json.propertyNames, compile) : undefined;
  const isDictionary = properties.length === 0 && additionalProperties !== false;
  return (input, loc, walk) => {
    if (!isRecord(input)) {
      if (isDictionary) return report(walk, loc, 'dict_type', 'Input should be a valid dictionary', input);
      return report(
        walk,
        loc,
        'model_attributes_type',
        'Input should be a valid dictionary or object to extract fields from',
        input,
      );
    }
    const values: Record<string, unknown> = { ...input };
    for (const [name, node] of properties) {
      if (Object.hasOwn(input, name) && input[name] !== undefined)
        values[name] = node(input[name], [...loc, name], walk);
      else if (required.has(name)) report(walk, [...loc, name], 'missing', 'Field required', input);
    }
    for (const name of Object.keys(input)) {
      if (names.has(name)) continue;
      if (additionalProperties === false)
        report(walk, [...loc, name], 'extra_forbidden', 'Extra inputs are not permitted', input[name]);
      key?.(name, [...loc, name, '[key]'], walk);
      if (extra !== undefined) define(values, name, extra(input[name], [...loc, name], walk));
    }
    return values;
  };
}

// A key named __proto__ must stay a key.
function define(target: object, key: string, value: unknown): void {
  Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true });
}

// How Zod writes the keys of a record that are numbers.
const numericKeys: Readonly<Record<string, JsonSchema>> = {
  '^-?\\d+$': { type: 'integer' },
  '^-?\\d+(?:\\.\\d+)?$': { type: 'number' },
};

// Keys are texts, whatever they stand for: "3" is a fine integer key in every mode.
function keyNode(json: JsonSchema, compile: Compile): Node {
  const node = compile(numericKeys[json.pattern ?? ''] ?? json);
  return (input, loc, walk) => node(input, loc, { lax: true, issues: walk.issues });
}

function unionNode(
  json: JsonSchema,
  branches: readonly JsonSchema[],
  written: readonly JsonSchema[],
  compile: Compile,
  root: JsonSchema,
): Node {
  const nullable = branches.some(isNull);
  const options = written.flatMap((branch, index) =>
    isNull(branches[index]!)
      ? []
      : [{ json: branches[index]!, label: labelOf(branch, branches[index]!), node: compile(branch) }],
  );
  const tag =
    json.oneOf === undefined
      ? undefined
      : tagOf(
          options.map((option) => option.json),
          root,
        );
  const inner =
    options.length === 1 ? options[0]!.node : tag === undefined ? smartNode(options) : taggedNode(tag, options, root);
  return nullable ? (input, loc, walk) => (input === null ? null : inner(input, loc, walk)) : inner;
}

interface Option {
  readonly json: JsonSchema;
  readonly label: string;
  readonly node: Node;
}

// Pydantic's smart mode: an exact match wins over one that needs coercion; where none fits, all say why.
function smartNode(options: readonly Option[]): Node {
  return (input, loc, walk) => {
    for (const lax of walk.lax ? [false, true] : [false]) {
      for (const { node } of options) {
        const attempt: Walk = { lax, issues: [] };
        const value = node(input, loc, attempt);
        if (attempt.issues.length === 0) return value;
      }
    }
    for (const { label, node } of options) node(input, [...loc, label], walk);
    return input;
  };
}

// Libraries write a discriminated union as `oneOf`, whose branches all fix one property.
function tagOf(branches: readonly JsonSchema[], root: JsonSchema): string | undefined {
  const [first, ...others] = branches.map(({ properties }) => properties);
  if (first === undefined || others.length === 0) return undefined;
  const isTag = (property: JsonSchema | undefined): boolean =>
    property !== undefined && tagsIn(resolveRef(property, root)).length > 0;
  return Object.keys(first).find((key) => isTag(first[key]) && others.every((properties) => isTag(properties?.[key])));
}

function taggedNode(tag: string, options: readonly Option[], root: JsonSchema): Node {
  const byTag = new Map(
    options.flatMap(({ json, node }) =>
      tagsIn(resolveRef(json.properties![tag]!, root)).map((value) => [value, node] as const),
    ),
  );
  const expected = [...byTag.keys()].map((value) => `'${String(value)}'`).join(', ');
  return (input, loc, walk) => {
    if (!isRecord(input))
      return report(
        walk,
        loc,
        'model_attributes_type',
        'Input should be a valid dictionary or object to extract fields from',
        input,
      );
    const discriminator = `'${tag}'`;
    if (!Object.hasOwn(input, tag))
      return report(
        walk,
        loc,
        'union_tag_not_found',
        `Unable to extract tag using discriminator ${discriminator}`,
        input,
        { discriminator },
      );
    const node = byTag.get(input[tag]);
    if (node !== undefined) return node(input, [...loc, String(input[tag])], walk);
    const msg = `Input tag '${String(input[tag])}' found using ${discriminator} does not match any of the expected tags: ${expected}`;
    return report(walk, loc, 'union_tag_invalid', msg, input, {
      discriminator,
      tag: String(input[tag]),
      expected_tags: expected,
    });
  };
}

function tagsIn(json: JsonSchema): readonly unknown[] {
  return 'const' in json ? [json.const] : (json.enum ?? []);
}

const labels: Readonly<Record<string, string>> = {
  integer: 'int',
  number: 'float',
  string: 'str',
  boolean: 'bool',
  array: 'list',
  object: 'dict',
};

function labelOf(written: JsonSchema, json: JsonSchema): string {
  const name =
    written.$ref?.split('/').at(-1) ?? json.title ?? (typeof json['id'] === 'string' ? json['id'] : undefined);
  return name ?? json.format ?? labels[typeOf(json) ?? ''] ?? 'any';
}
