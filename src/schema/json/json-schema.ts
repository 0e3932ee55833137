import { preparedMark } from './marks.ts';

/** A JSON Schema (draft 2020-12), as far as Cortado reads it. */
export interface JsonSchema {
  readonly type?: string | readonly string[];
  readonly format?: string;
  readonly title?: string;
  readonly description?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | JsonSchema;
  readonly propertyNames?: JsonSchema;
  readonly items?: JsonSchema | boolean;
  readonly prefixItems?: readonly JsonSchema[];
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly allOf?: readonly JsonSchema[];
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, JsonSchema>>;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
  readonly multipleOf?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly [keyword: string]: unknown;
}

/** Form of the values that a schema takes. */
export type Shape = 'scalar' | 'array' | 'object' | 'unknown';

/** Follows `$ref` within the document whose root is `root`. */
export function resolveRef(json: JsonSchema, root: JsonSchema): JsonSchema {
  let found = json;
  for (let hops = 0; typeof found.$ref === 'string' && hops < 32; hops++) {
    if (found.$ref === '#') return root;
    const parts = root.$defs ?? (root['definitions'] as JsonSchema['$defs']) ?? {};
    const target = refersTo(found.$ref, (name) => (Object.hasOwn(parts, name) ? parts[name] : undefined));
    if (target === undefined) return {};
    found = target;
  }
  return found;
}

/** What a reference to a shared part refers to: `partOf` gets its name, as it stands there or without its escapes (RFC 6901). */
export function refersTo<T>(ref: string, partOf: (name: string) => T | undefined): T | undefined {
  const name = /^#\/(?:\$defs|definitions)\/(.+)$/.exec(ref)?.[1];
  if (name === undefined) return undefined;
  const plain = name.replaceAll('~1', '/').replaceAll('~0', '~');
  return partOf(name) ?? partOf(plain) ?? (/%[\da-f]{2}/i.test(plain) ? partOf(unescaped(plain)) : undefined);
}

function unescaped(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}

export interface Property {
  readonly schema: JsonSchema;
  readonly required: boolean;
}

/** The properties of an object schema with those of its branches; of alternatives, what all require is required. */
export function propertiesOf(json: JsonSchema, root: JsonSchema = json, depth = 0): Map<string, Property> {
  const node = resolveRef(json, root);
  const { properties = {}, required = [], allOf = [], anyOf = [], oneOf = [] } = node;
  const found = new Map<string, Property>();
  for (const [name, schema] of Object.entries(properties))
    found.set(name, { schema, required: required.includes(name) });
  if (depth > 16) return found;
  const inner = (branch: JsonSchema): Map<string, Property> => propertiesOf(branch, root, depth + 1);
  for (const branch of allOf) addAll(found, [inner(branch)]);
  for (const choices of [anyOf, oneOf]) addAll(found, choices.filter((branch) => !isNull(branch)).map(inner));
  return found;
}

function addAll(found: Map<string, Property>, branches: readonly Map<string, Property>[]): void {
  for (const name of new Set(branches.flatMap((branch) => [...branch.keys()]))) {
    const others = branches.map((branch) => branch.get(name));
    const before = found.get(name);
    const schemas = [before, ...others].flatMap((property) => (property === undefined ? [] : [property.schema]));
    const distinct = [...new Map(schemas.map((schema) => [JSON.stringify(schema), schema])).values()];
    found.set(name, {
      schema: distinct.length === 1 ? distinct[0]! : { anyOf: distinct },
      required: before?.required === true || others.every((property) => property?.required === true),
    });
  }
}

export function isNull(json: JsonSchema): boolean {
  return json.type === 'null' || (json.const === null && 'const' in json);
}

/** Whether a schema takes a file, which JSON cannot carry. */
export function isFile(json: JsonSchema): boolean {
  return json.format === 'binary' && json['contentEncoding'] === 'binary';
}

/** The media types of the files that a schema takes, of each of several as well; none where it takes any. */
export function fileTypesOf(json: JsonSchema): readonly string[] {
  if (isFile(json)) {
    const types = [json, ...(json.anyOf ?? [])].map((node) => (node as JsonSchema)['contentMediaType']);
    return types.filter((type) => typeof type === 'string');
  }
  const inner = typeof json.items === 'object' ? [json.items] : (json.anyOf ?? []);
  return inner.flatMap((node) => fileTypesOf(node as JsonSchema));
}

export function takesFiles(json: JsonSchema, root: JsonSchema = json): boolean {
  const node = resolveRef(json, root);
  const branches = node.anyOf?.filter((branch) => !isNull(branch)) ?? [];
  if (branches.length === 1) return takesFiles(branches[0]!, root);
  return isFile(node) || (typeof node.items === 'object' && isFile(resolveRef(node.items, root)));
}

/** Whether a form of this schema has files, which it then can only send as multipart. */
export function hasFiles(json: JsonSchema): boolean {
  return takesFiles(json) || [...propertiesOf(json).values()].some(({ schema }) => takesFiles(schema, json));
}

/** Whether a function of the app reads what was sent before the schema does; of alternatives to `null` the only one counts. */
export function isPreparedAt(json: JsonSchema, root: JsonSchema): boolean {
  return [json, resolveRef(json, root), onlyBranch(json, root)].some((one) => one[preparedMark] === true);
}

/** The form of the values that a schema takes, apart from `null`. */
export function shapeOf(json: JsonSchema, root: JsonSchema = json, depth = 0): Shape {
  const node = resolveRef(json, root);
  if (depth > 16) return 'unknown';
  const branches = node.anyOf ?? node.oneOf ?? node.allOf;
  if (branches !== undefined) {
    const shapes = new Set(
      branches.filter((branch) => !isNull(branch)).map((branch) => shapeOf(branch, root, depth + 1)),
    );
    if (shapes.has('object')) return 'object';
    if (shapes.has('array')) return 'array';
    return shapes.size === 1 ? [...shapes][0]! : shapes.has('scalar') ? 'scalar' : 'unknown';
  }
  const type = typeOf(node);
  if (type === 'object' || node.properties !== undefined) return 'object';
  if (type === 'array') return 'array';
  return type === undefined && node.enum === undefined && !('const' in node) ? 'unknown' : 'scalar';
}

/** The one type of a schema, apart from `null`. */
export function typeOf(json: JsonSchema): string | undefined {
  if (typeof json.type === 'string') return json.type;
  const types = json.type?.filter((type) => type !== 'null') ?? [];
  return types.length === 1 ? types[0] : undefined;
}

/** The type of the values at a place of what a schema takes; `undefined` where alternatives leave that open. */
export function typeAt(json: JsonSchema, path: readonly (string | number)[]): string | undefined {
  // Sets, since of alternatives that hold themselves each step would else have twice as many.
  let nodes = new Set<JsonSchema>();
  addBranches(json, json, nodes, new Set());
  for (const step of path) {
    const next = new Set<JsonSchema>();
    const seen = new Set<JsonSchema>();
    for (const node of nodes) addBranches(memberAt(node, step), json, next, seen);
    nodes = next;
  }
  const types = new Set([...nodes].map(typeOf));
  return types.size === 1 ? [...types][0] : undefined;
}

function memberAt(
  { properties = {}, items, prefixItems = [], additionalProperties }: JsonSchema,
  step: string | number,
): JsonSchema | undefined {
  const own =
    typeof step === 'number' ? prefixItems[step] : Object.hasOwn(properties, step) ? properties[step] : undefined;
  const rest = typeof step === 'number' ? items : additionalProperties;
  return own ?? (typeof rest === 'object' ? rest : undefined);
}

function addBranches(
  json: JsonSchema | undefined,
  root: JsonSchema,
  into: Set<JsonSchema>,
  seen: Set<JsonSchema>,
): void {
  if (json === undefined) return;
  const node = resolveRef(json, root);
  if (seen.has(node)) return;
  seen.add(node);
  const branches = [...(node.anyOf ?? []), ...(node.oneOf ?? []), ...(node.allOf ?? [])];
  if (branches.length === 0 && !isNull(node)) into.add(node);
  for (const branch of branches) addBranches(branch, root, into, seen);
}

function onlyBranch(json: JsonSchema, root: JsonSchema): JsonSchema {
  const node = resolveRef(json, root);
  const branches = node.anyOf?.filter((branch) => !isNull(branch)) ?? [];
  return branches.length === 1 ? resolveRef(branches[0]!, root) : node;
}
