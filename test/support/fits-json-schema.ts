// A small, independent reading of JSON Schema (draft 2020-12), to hold documents against what is really sent.

type Json = Readonly<Record<string, unknown>>;

/** Why a value does not fit a JSON Schema; `undefined` where it does. */
export function misfit(schema: unknown, value: unknown, root: Json = schema as Json, path = ''): string | undefined {
  if (typeof schema === 'boolean') return schema ? undefined : `${path}: nothing is allowed here`;
  const json = schema as Json;
  const below = (inner: unknown, member: unknown, step: string | number): string | undefined =>
    misfit(inner, member, root, `${path}/${step}`);
  const here = (inner: unknown): string | undefined => misfit(inner, value, root, path);
  const { $ref, type, not } = json;
  if (typeof $ref === 'string') {
    let target: unknown = root;
    for (const step of $ref.split('/').slice(1)) target = (target as Json)[step];
    return here(target);
  }
  const types = type === undefined ? [] : Array.isArray(type) ? type : [type];
  if (types.length > 0 && !types.some((one) => isOfType(value, one as string)))
    return `${path}: no ${types.join(' or ')}`;
  if ('const' in json && json['const'] !== value) return `${path}: not the constant`;
  if (Array.isArray(json['enum']) && !json['enum'].includes(value)) return `${path}: not one of the enumeration`;
  if (not !== undefined && here(not) === undefined) return `${path}: what must not be`;
  for (const part of (json['allOf'] as unknown[]) ?? []) {
    const fault = here(part);
    if (fault !== undefined) return fault;
  }
  const any = json['anyOf'] as unknown[] | undefined;
  if (any !== undefined && !any.some((part) => here(part) === undefined)) return `${path}: none of anyOf`;
  const one = json['oneOf'] as unknown[] | undefined;
  if (one !== undefined && one.filter((part) => here(part) === undefined).length !== 1)
    return `${path}: not one of oneOf`;
  if (typeof value === 'string') return ofText(json, value, path);
  if (typeof value === 'number') return ofNumber(json, value, path);
  if (Array.isArray(value)) return ofList(json, value, path, below);
  return typeof value === 'object' && value !== null ? ofObject(json, value as Json, path, below) : undefined;
}

function isOfType(value: unknown, type: string): boolean {
  switch (type) {
    case 'null':
      return value === null;
    case 'array':
      return Array.isArray(value);
    case 'object':
      return typeof value === 'object' && value !== null && !Array.isArray(value);
    case 'integer':
      return Number.isInteger(value);
    default:
      return typeof value === type;
  }
}

function ofText({ minLength, maxLength, pattern }: Json, value: string, path: string): string | undefined {
  const { length } = [...value];
  if (length < Number(minLength ?? 0) || length > Number(maxLength ?? Number.POSITIVE_INFINITY))
    return `${path}: its length`;
  return pattern !== undefined && !new RegExp(pattern as string, 'u').test(value) ? `${path}: its pattern` : undefined;
}

function ofNumber({ minimum, maximum }: Json, value: number, path: string): string | undefined {
  const isWithin = value >= Number(minimum ?? value) && value <= Number(maximum ?? value);
  return isWithin ? undefined : `${path}: its range`;
}

type Below = (inner: unknown, member: unknown, step: string | number) => string | undefined;

function ofList(
  { items, prefixItems = [], minItems, maxItems }: Json,
  value: unknown[],
  path: string,
  below: Below,
): string | undefined {
  if (value.length < Number(minItems ?? 0) || value.length > Number(maxItems ?? value.length))
    return `${path}: how many`;
  const heads = prefixItems as unknown[];
  return firstOf(value.entries(), ([at, item]) => below(heads[at] ?? items ?? true, item, at));
}

function ofObject(json: Json, value: Json, path: string, below: Below): string | undefined {
  const { required = [], propertyNames, additionalProperties, patternProperties } = json;
  const missing = (required as string[]).find((key) => !Object.hasOwn(value, key));
  if (missing !== undefined) return `${path}: lacks ${missing}`;
  const properties = (json['properties'] ?? {}) as Json;
  const patterns = Object.entries((patternProperties ?? {}) as Json);
  return firstOf(Object.entries(value), ([key, member]) => {
    const name = propertyNames === undefined ? undefined : below(propertyNames, key, `${key}[key]`);
    if (name !== undefined) return name;
    const fitting = patterns.filter(([pattern]) => new RegExp(pattern, 'u').test(key)).map(([, inner]) => inner);
    const inners = Object.hasOwn(properties, key) ? [properties[key], ...fitting] : fitting;
    return firstOf(inners.length > 0 ? inners : [additionalProperties ?? true], (inner) => below(inner, member, key));
  });
}

function firstOf<T>(values: Iterable<T>, fault: (value: T) => string | undefined): string | undefined {
  for (const value of values) {
    const found = fault(value);
    if (found !== undefined) return found;
  }
  return undefined;
}
