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
    const name = /^#\/(?:\$defs|definitions)\/(.+)$/.exec(found.$ref)?.[1];
    const target =
      name === undefined
        ? undefined
        : (root.$defs ?? (root['definitions'] as JsonSchema['$defs']))?.[
            decodeURIComponent(name).replaceAll('~1', '/').replaceAll('~0', '~')
          ];
    if (target === undefined) return {};
    found = target;
  }
  return found;
}

/** Whether a schema is `null` alone. */
export function isNull(json: JsonSchema): boolean {
  return json.type === 'null' || (json.const === null && 'const' in json);
}

/** Whether a schema takes a file, which JSON cannot carry. */
export function isFile(json: JsonSchema): boolean {
  return json.format === 'binary' && json['contentEncoding'] === 'binary';
}

/** Whether a schema takes a file, several of them, or none. */
export function takesFiles(json: JsonSchema, root: JsonSchema = json): boolean {
  const node = resolveRef(json, root);
  const branches = node.anyOf?.filter((branch) => !isNull(branch)) ?? [];
  if (branches.length === 1) return takesFiles(branches[0]!, root);
  return isFile(node) || (typeof node.items === 'object' && isFile(resolveRef(node.items, root)));
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
