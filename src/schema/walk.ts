import type { Issue, Loc } from './issue.ts';

/** One walk through a value: how lax it is, and what it found. */
export interface Walk {
  /** Pydantic's lax mode: `"3"` is 3. */
  readonly lax: boolean;
  readonly issues: Issue[];
}

/** A compiled place of a schema: coerces the value there, and reports what is wrong with it. */
export type Node = (input: unknown, loc: Loc, walk: Walk) => unknown;

/** The most issues of one value: nobody reads more, and a small body must not make an answer of many times its size. */
export const mostIssues = 1000;

/** Reports an issue; the value stays as it came. */
export function report(walk: Walk, loc: Loc, type: string, msg: string, input: unknown, ctx?: Issue['ctx']): unknown {
  if (walk.issues.length < mostIssues) walk.issues.push({ type, loc, msg, input, ...(ctx && { ctx }) });
  return input;
}
