import type { Plan, PlannedCall } from '../../declare/plan/plan.ts';
import type { Issue, Loc } from '../../schema/issues/issue.ts';

/** The guards, and what they ask for, of which no input is among `issues`. As in FastAPI, one bad input holds up only who asked for it. */
export function soundGuards(plan: Plan, issues: readonly Issue[]): PlannedCall[] {
  const unsound = new Set<number>();
  for (const { early, loc, slot } of plan.fields)
    if (early && issues.some((issue) => isBelow(issue.loc, loc))) unsound.add(slot);
  return plan.guards.filter((call) => {
    if (!call.bindings.some(({ slot }) => unsound.has(slot))) return true;
    unsound.add(call.slot);
    return false;
  });
}

function isBelow(inner: Loc, outer: Loc): boolean {
  return outer.every((step, index) => inner[index] === step);
}
