import { isFile, isNull, type JsonSchema, resolveRef, typeOf } from '../../schema/json/json-schema.ts';
import { preparedMark } from '../../schema/json/marks.ts';
import type { Source } from '../param.ts';

/** A part of a schema that its source can never carry. */
export interface Misfit {
  readonly path: readonly string[];
  readonly takes: string;
}

// An object stands for the whole source, or for one of its values, or for one item of a list of values.
type Place = 'whole' | 'value' | 'item';

/**
 * What of a schema can never come from its source. Of alternatives one has to fit, and of an object only what must be sent is looked
 * at: a client can leave out the rest.
 */
export function misfitOf(json: JsonSchema, source: Source, { whole, required }: MisfitOptions): Misfit | undefined {
  // Any JSON may be a task's input.
  if (source === 'payload') return find(json, { root: json, source: 'body', seen: new Set() }, 'value');
  if (isNull(json) && !required) return undefined;
  return find(json, { root: json, source, seen: new Set() }, whole ? 'whole' : 'value');
}

export interface MisfitOptions {
  /** Whether an object schema takes the whole source. */
  readonly whole: boolean;
  /** Whether something must be sent. */
  readonly required: boolean;
}

interface Search {
  readonly root: JsonSchema;
  readonly source: Source;
  readonly seen: Set<JsonSchema>;
}

function find(json: JsonSchema, search: Search, place: Place): Misfit | undefined {
  const node = resolveRef(json, search.root);
  // What a function of the app makes of the input first, nobody knows.
  if (json[preparedMark] === true || node[preparedMark] === true || search.seen.has(node)) return undefined;
  search.seen.add(node);
  try {
    const branches = (node.anyOf ?? node.oneOf)?.filter((branch) => !isNull(branch));
    if (branches !== undefined) return ofBranches(branches, search, place);
    if (node.allOf !== undefined) return first(node.allOf, (part) => find(part, search, place));
    return ofType(node, search, place);
  } finally {
    search.seen.delete(node);
  }
}

function ofBranches(branches: readonly JsonSchema[], search: Search, place: Place): Misfit | undefined {
  const found = branches.map((branch) => find(branch, search, place));
  return found.includes(undefined) ? undefined : found[0];
}

function first<T>(values: readonly T[], found: (value: T) => Misfit | undefined): Misfit | undefined {
  for (const value of values) {
    const misfit = found(value);
    if (misfit !== undefined) return misfit;
  }
  return undefined;
}

function ofType(node: JsonSchema, search: Search, place: Place): Misfit | undefined {
  const { source } = search;
  const misfit = (takes: string): Misfit => ({ path: [], takes });
  const type = node.properties === undefined ? typeOf(node) : 'object';
  if (isNull(node)) return source === 'body' ? undefined : misfit('null');
  if (isFile(node)) return source === 'file' || source === 'form' ? undefined : misfit('a file');
  if (type === 'object') {
    if (source !== 'body' && place !== 'whole') return misfit('an object');
    return first(node.required ?? [], (name) => {
      const inner = node.properties?.[name] && find(node.properties[name], search, 'value');
      return inner && { ...inner, path: [name, ...inner.path] };
    });
  }
  if (type === 'array') {
    // In JSON it may be empty.
    if (source === 'body') return undefined;
    if (place === 'item') return misfit('an array');
    const items = typeof node.items === 'object' ? [node.items] : [];
    const inner = first([...(node.prefixItems ?? []), ...items], (item) => find(item, search, 'item'));
    return inner && { ...inner, takes: inner.takes.replace(/^an? (.*)$/, 'an array of $1s') };
  }
  return source === 'file' && isText(node, type) ? misfit(`${type === 'integer' ? 'an' : 'a'} ${type}`) : undefined;
}

// Schemas of files that no library here writes describe them as texts with a format or an encoding of their own.
function isText(node: JsonSchema, type: string | undefined): type is string {
  if (type === 'string') {
    const { format } = node;
    return format !== 'binary' && node['contentEncoding'] === undefined && node['contentMediaType'] === undefined;
  }
  return type === 'integer' || type === 'number' || type === 'boolean';
}
