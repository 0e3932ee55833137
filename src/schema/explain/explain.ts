import type { StandardSchemaV1 } from '@standard-schema/spec';
import { isRecord } from '../../base/is-record.ts';
import { explaining, mostIssues, type Node } from '../coerce/walk.ts';
import { missing } from '../coerce/words.ts';
import type { Issue, Loc } from '../issues/issue.ts';
import { stepsOf, valueAt } from '../issues/issue-path.ts';
import { RefusedPlaces } from '../issues/refused-places.ts';
import { shownIssues } from '../issues/shown-input.ts';
import { type ExactIntegers, exactMember } from '../json/exact-integers.ts';
import { type JsonSchema, typeAt } from '../json/json-schema.ts';
import { becomesMark, hasMark } from '../json/marks.ts';
import { wordsFor } from './library-words.ts';
import { libraryWords, saysAbsent } from './words.ts';

export interface Refused {
  readonly input: unknown;
  readonly loc: Loc;
  readonly lax: boolean;
  readonly exact: ExactIntegers | undefined;
  readonly json: JsonSchema;
}

/**
 * Explains why a schema refused a value: in Pydantic's words what its JSON Schema can tell and what they say of the library's reasons, in
 * the library's own what is left. A client may send as many mistakes as fit into a body, so none of this may cost more than their number.
 */
export function explain(node: Node, given: readonly StandardSchemaV1.Issue[], refused: Refused): Issue[] {
  const { input, loc, lax, exact, json } = refused;
  const reasons = hasContainers(json) ? given.map((reason) => placed(reason, input)) : given;
  if (input === undefined) return [{ ...missing, loc, input: null }];
  const places = new RefusedPlaces(reasons);
  const walk = explaining(lax, exact, loc, places.root);
  node(input, walk);
  const found = walk.issues.filter((issue) => places.has(issue.loc.slice(loc.length), input));
  const told = new Told();
  for (const issue of found) told.add(issue.loc);
  for (const reason of reasons) {
    if (found.length >= mostIssues) break;
    const at = stepsOf(reason);
    const place = [...loc, ...at];
    // Keys that are too many are told of at the object that has them.
    if (told.has(place) && !('keys' in reason)) continue;
    const value = valueAt(input, at);
    const isPresent = value !== undefined || !isAbsent(input, at, reason);
    const words = wordsFor(reason, { input: value, isPresent, lax, type: typeAt(json, at) });
    for (const { type, msg, ctx, below = [] } of words ?? [libraryWords(reason.message)]) {
      const where = [...place, ...below];
      if (below.length > 0 && told.has(where)) continue;
      told.add(where);
      const shown = nearest(input, type === 'missing' ? at.slice(0, -1) : [...at, ...below], exact);
      found.push({ type, loc: where, msg, input: shown, ...(ctx && { ctx }) });
    }
  }
  return shownIssues(found, exact);
}

const withContainers = new WeakMap<JsonSchema, boolean>();

function hasContainers(json: JsonSchema): boolean {
  let has = withContainers.get(json);
  if (has === undefined)
    withContainers.set(json, (has = hasMark(json, becomesMark, 'set') || hasMark(json, becomesMark, 'map')));
  return has;
}

// Keys of a map are of any type, and texts where they came from; which member of a set it is, no library tells.
function placed(reason: StandardSchemaV1.Issue, input: unknown): StandardSchemaV1.Issue {
  const path: (string | number)[] = [];
  let value = input;
  for (const step of stepsOf(reason)) {
    if (Array.isArray(value) && typeof step === 'string') break;
    path.push(isRecord(value) ? String(step) : step);
    value = valueAt(value, [step]);
  }
  // Keys that are too many have no place there.
  const { keys, ...rest } = reason as { readonly keys?: unknown } & StandardSchemaV1.Issue;
  return keys === undefined || Array.isArray(value) ? { ...rest, path } : { ...reason, path };
}

// What a function of the app made of the input is not in it; of that only the library knows whether it is there.
function isAbsent(input: unknown, at: Loc, reason: StandardSchemaV1.Issue): boolean {
  const holder = valueAt(input, at.slice(0, -1));
  return (typeof holder === 'object' && holder !== null) || saysAbsent(reason);
}

/** The value at a place, or the nearest above it. */
function nearest(input: unknown, at: Loc, exact: ExactIntegers | undefined): unknown {
  for (let length = at.length; length > 0; length--) {
    const value = valueAt(input, at.slice(0, length));
    if (value === undefined) continue;
    return exactMember(exact, valueAt(input, at.slice(0, length - 1)) as object, at[length - 1] as string, value);
  }
  return input;
}

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
