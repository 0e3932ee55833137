import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { ExactIntegers } from './exact-integers.ts';
import type { Issue, Loc } from './issue.ts';
import { type JsonSchema, typeAt } from './json-schema.ts';
import { type Words, wordsFor } from './library-words.ts';
import { shownIssues } from './shown-input.ts';
import { explaining, mostIssues, type Node } from './walk.ts';

/** What was refused, and how it was read. */
export interface Refused {
  readonly input: unknown;
  readonly loc: Loc;
  readonly lax: boolean;
  readonly exact: ExactIntegers | undefined;
  /** The JSON Schema of the input. */
  readonly json: JsonSchema;
}

/**
 * Explains why a schema refused a value: in Pydantic's words what its JSON Schema can tell and what they say of the library's reasons, in
 * the library's own what is left. A client may send as many mistakes as fit into a body, so none of this may cost more than their number.
 */
export function explain(node: Node, reasons: readonly StandardSchemaV1.Issue[], refused: Refused): Issue[] {
  const { input, loc, lax, exact, json } = refused;
  if (input === undefined) return [{ type: 'missing', loc, msg: 'Field required', input: null }];
  const walk = explaining(lax, exact);
  node(input, loc, walk);
  const found = walk.issues;
  const told = new Told();
  for (const issue of found) told.add(issue.loc);
  for (const reason of reasons) {
    if (found.length >= mostIssues) break;
    const { path = [], message } = reason;
    const at = path.map(stepOf);
    const place = [...loc, ...at];
    if (told.has(place)) continue;
    const value = valueAt(input, at);
    const words = wordsFor(reason, { input: value, isPresent: value !== undefined, lax, type: typeAt(json, at) });
    for (const { type, msg, ctx, below = [] } of words ?? [libraryWords(message)]) {
      const where = [...place, ...below];
      told.add(where);
      const shown = type === 'missing' ? valueAt(input, at.slice(0, -1)) : valueAt(value, below);
      found.push({ type, loc: where, msg, input: shown ?? null, ...(ctx && { ctx }) });
    }
  }
  return shownIssues(found);
}

function libraryWords(message: string): Words {
  return { type: 'value_error', msg: `Value error, ${message}`, ctx: { error: message } };
}

/** A place, and what is known of the places below it. */
class Place {
  readonly below: Map<string | number, Place> = new Map();
  /** Last steps of what was told somewhere below an alternative whose name stands here, which the library's paths do not have. */
  readonly inUnions: Set<string | number> = new Set();
  isTold = false;
}

/** The places of which something was told already, there, above or below. */
class Told {
  readonly #root = new Place();

  add(loc: Loc): void {
    const last = loc.at(-1) ?? '';
    let place = this.#root;
    for (const [at, step] of loc.entries()) {
      if (at > 0 && typeof step === 'string') place.inUnions.add(last);
      let next = place.below.get(step);
      if (next === undefined) place.below.set(step, (next = new Place()));
      place = next;
    }
    place.isTold = true;
  }

  has(loc: Loc): boolean {
    let place = this.#root;
    for (const [at, step] of loc.entries()) {
      if (place.isTold) return true;
      const next = place.below.get(step);
      if (next === undefined) return at === loc.length - 1 && place.inUnions.has(step);
      place = next;
    }
    return true;
  }
}

function stepOf(step: PropertyKey | StandardSchemaV1.PathSegment): string | number {
  const key = typeof step === 'object' ? step.key : step;
  return typeof key === 'symbol' ? String(key) : key;
}

function valueAt(input: unknown, path: Loc): unknown {
  let value = input;
  for (const step of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = Object.hasOwn(value, step) ? (value as Record<string | number, unknown>)[step] : undefined;
  }
  return value;
}
