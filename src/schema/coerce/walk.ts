import type { Issue, Loc } from '../issues/issue.ts';
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
export type Node = (input: unknown, loc: Loc, walk: Walk) => unknown;

/** Compiles a part of the same JSON Schema. */
export type Compile = (json: JsonSchema) => Node;

/** The most issues of one value: nobody reads more, and a small body must not make an answer of many times its size. */
export const mostIssues = 1000;

// A body of a megabyte has at most half a million values; alternatives look at some of them again and again.
const mostSteps = 1_000_000;

/** A walk for the value that it makes. */
export function coercing(lax: boolean, exact: ExactIntegers | undefined): Walk {
  return begun(lax, exact, 0, false, Number.POSITIVE_INFINITY);
}

/** A walk for what it finds. */
export function explaining(lax: boolean, exact: ExactIntegers | undefined): Walk {
  return begun(lax, exact, mostIssues, true, mostSteps);
}

function begun(lax: boolean, exact: ExactIntegers | undefined, most: number, ends: boolean, left: number): Walk {
  return { lax, issues: [], most, ends, exact, tried: new Map(), steps: { left }, known: { count: 0 } };
}

/** A walk inside of another one, for whether the value fits and what it becomes then. */
export function trying(lax: boolean, { exact, tried, steps }: Walk): Walk {
  return { lax, issues: [], most: 1, ends: true, exact, tried, steps, known: { count: 0 } };
}

/** Whether a walk has seen enough. */
export function isOver({ ends, issues, most, steps }: Walk): boolean {
  return ends && (issues.length >= most || steps.left < 0);
}

/** Reports an issue; the value stays as it came. */
export function report(walk: Walk, loc: Loc, input: unknown, { type, msg, ctx }: Words): unknown {
  if (walk.issues.length < walk.most) walk.issues.push({ type, loc, msg, input, ...(ctx && { ctx }) });
  return input;
}
