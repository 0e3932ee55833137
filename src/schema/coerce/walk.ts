import type { Issue, Loc } from '../issues/issue.ts';
import type { RefusedPlace } from '../issues/refused-places.ts';
import type { ExactIntegers } from '../json/exact-integers.ts';
import type { JsonSchema } from '../json/json-schema.ts';
import type { Words } from './words.ts';

/** One walk through a value: how lax it is, and what it found. */
export interface Walk {
  /** Pydantic's lax mode: `"3"` is 3. */
  readonly lax: boolean;
  readonly issues: Issue[];
  /** The most issues that it keeps. */
  readonly most: number;
  /** The steps to the place where the walk is. */
  readonly path: (string | number)[];
  /** What is refused there and below, where only that is looked for. */
  refused: RefusedPlace | undefined;
  /** Whether it may end early, at the most issues or steps: nobody uses the value that it makes then. */
  readonly ends: boolean;
  /** Integers that the value has rounded. */
  readonly exact: ExactIntegers | undefined;
  /** What alternatives made of the objects that they were tried with: each is walked once for each of them, however deep they nest. */
  readonly tried: Map<object, Map<object, Attempt>>;
  /** Steps that are left to a walk that may end early. */
  readonly steps: { left: number };
  /** How many members of objects are ones that the schema knows. */
  readonly known: { count: number };
}

export interface Attempt {
  readonly fits: boolean;
  readonly value: unknown;
  /** How many members of objects are ones that the alternative knows. */
  readonly known: number;
}

/** A compiled place of a schema: coerces the value there, and reports what is wrong with it. */
export type Node = (input: unknown, walk: Walk) => unknown;

/** Compiles a part of the same JSON Schema. */
export type Compile = (json: JsonSchema) => Node;

/** The most issues of one value: nobody reads more, and a small body must not make an answer of many times its size. */
export const mostIssues = 1000;

// A body of a megabyte has at most half a million values; alternatives look at some of them again and again.
const mostSteps = 1_000_000;

/** A walk for the value that it makes: the input itself where nothing of it is coerced. */
export function coercing(lax: boolean, exact: ExactIntegers | undefined): Walk {
  return begun({ lax, exact, most: 0, ends: false, steps: { left: Number.POSITIVE_INFINITY } });
}

/**
 * A walk for what it finds.
 *
 * @param loc The place of the value.
 * @param refused What is refused of the value: the rest of it is passed over.
 */
export function explaining(lax: boolean, exact?: ExactIntegers, loc: Loc = [], refused?: RefusedPlace): Walk {
  const path = [...loc];
  return { ...begun({ lax, exact, most: mostIssues, ends: true, steps: { left: mostSteps } }), path, refused };
}

type Begun = Pick<Walk, 'lax' | 'exact' | 'most' | 'ends' | 'steps'>;

function begun({ lax, exact, most, ends, steps }: Begun, tried: Walk['tried'] = new Map()): Walk {
  return { lax, issues: [], most, path: [], refused: undefined, ends, exact, tried, steps, known: { count: 0 } };
}

/** A walk inside of another one, for whether the value fits and what it becomes then. Places do not matter there, only how deep they are. */
export function trying(lax: boolean, { exact, tried, steps }: Walk): Walk {
  return begun({ lax, exact, most: 1, ends: true, steps }, tried);
}

/** Walks on one step below, through a value that has no place of its own there: an alternative, the key of a record. */
export function below(walk: Walk, step: string | number, node: Node, input: unknown): unknown {
  walk.path.push(step);
  const value = node(input, walk);
  walk.path.pop();
  return value;
}

/** Walks on through a member of a value, unless nothing is refused there. */
export function throughMember(walk: Walk, step: string | number, node: Node, input: unknown): unknown {
  const { refused } = walk;
  if (refused === undefined) return below(walk, step, node, input);
  const next = refused.below.get(step);
  if (next === undefined && !refused.isRefused) return input;
  // All of what is below a refused place is looked at.
  walk.refused = refused.isRefused ? undefined : next;
  const value = below(walk, step, node, input);
  walk.refused = refused;
  return value;
}

/** Whether a walk has seen enough. */
export function isOver({ ends, issues, most, steps }: Walk): boolean {
  return ends && (issues.length >= most || steps.left < 0);
}

/** Reports an issue; the value stays as it came. */
export function report(walk: Walk, input: unknown, { type, msg, ctx }: Words): unknown {
  const { issues, most, path } = walk;
  if (issues.length < most) issues.push({ type, loc: [...path], msg, input, ...(ctx && { ctx }) });
  return input;
}

/** Reports an issue of a member. */
export function reportMember(walk: Walk, step: string | number, input: unknown, words: Words): void {
  walk.path.push(step);
  report(walk, input, words);
  walk.path.pop();
}
