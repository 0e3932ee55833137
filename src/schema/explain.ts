import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { Issue, Loc } from './issue.ts';
import { mostIssues, type Node, type Walk } from './walk.ts';

type Path = readonly (PropertyKey | StandardSchemaV1.PathSegment)[];

/**
 * Explains why a schema refused a value: in Pydantic's words what its JSON Schema can tell, and in the library's own what is left. A client
 * may send as many mistakes as fit into a body, so none of this may cost more than their number.
 */
export function explain(
  node: Node,
  lax: boolean,
  reasons: readonly StandardSchemaV1.Issue[],
  input: unknown,
  loc: Loc,
): Issue[] {
  if (input === undefined) return [{ type: 'missing', loc, msg: 'Field required', input: null }];
  const walk: Walk = { lax, issues: [] };
  node(input, loc, walk);
  const found = walk.issues;
  const told = new Told();
  for (const issue of found) told.add(issue.loc);
  for (const { path = [], message } of reasons) {
    if (found.length >= mostIssues) break;
    const place = [...loc, ...path.map(stepOf)];
    if (told.has(place)) continue;
    told.add(place);
    const ctx = { error: message };
    found.push({ type: 'value_error', loc: place, msg: `Value error, ${message}`, input: valueAt(input, path), ctx });
  }
  return hasFiles(input) ? found.map((issue) => ({ ...issue, input: shownFiles(issue.input) })) : found;
}

/** The places of which something was told already, there, above or below. */
class Told {
  readonly #places = new Set<string>();
  readonly #above = new Set<string>();
  readonly #inUnions = new Set<string>();

  add(loc: Loc): void {
    const keys = prefixesOf(loc);
    const last = keyOf(loc.at(-1) ?? '');
    this.#places.add(keys.at(-1)!);
    for (const [length, key] of keys.entries()) {
      this.#above.add(key);
      // Issues of union branches carry the branch's name, which the library's paths do not have.
      if (length > 0 && typeof loc[length] === 'string') this.#inUnions.add(`${key}${last}`);
    }
  }

  has(place: Loc): boolean {
    const keys = prefixesOf(place);
    const whole = keys.at(-1)!;
    return this.#above.has(whole) || this.#inUnions.has(whole) || keys.some((key) => this.#places.has(key));
  }
}

/** Keys of a place and of all above it, the root first. */
function prefixesOf(loc: Loc): string[] {
  let key = '';
  return ['', ...loc.map((step) => (key += keyOf(step)))];
}

function keyOf(step: string | number): string {
  return typeof step === 'number' ? `\0#${step}` : `\0${step}`;
}

function stepOf(step: PropertyKey | StandardSchemaV1.PathSegment): string | number {
  const key = typeof step === 'object' ? step.key : step;
  return typeof key === 'symbol' ? String(key) : key;
}

function valueAt(input: unknown, path: Path): unknown {
  let value = input;
  for (const step of path)
    value =
      typeof value === 'object' && value !== null
        ? (value as Record<string | number, unknown>)[stepOf(step)]
        : undefined;
  return value ?? null;
}

/** Whether a value is a file, a list with files, or the fields of a form with some: a file is never deeper. */
function hasFiles(value: unknown): boolean {
  return isFilled(value) || (isFields(value) && Object.values(value).some(isFilled));
}

function isFilled(value: unknown): boolean {
  return value instanceof Blob || (Array.isArray(value) && value.some((item) => item instanceof Blob));
}

function isFields(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

// Of a file JSON would show nothing.
function shownFiles(value: unknown): unknown {
  if (value instanceof Blob) return describeFile(value);
  if (!hasFiles(value)) return value;
  if (Array.isArray(value)) return value.map(shownFiles);
  return Object.fromEntries(Object.entries(value as object).map(([name, field]) => [name, shownFiles(field)]));
}

function describeFile({ name, type, size }: Blob & { readonly name?: string }): object {
  return { filename: name, content_type: type, size };
}
