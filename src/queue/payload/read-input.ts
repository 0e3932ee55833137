import type { Plan } from '../../declare/plan/plan.ts';
import type { Issue } from '../../schema/issues/issue.ts';

/** Validates the fields of a payload, all but `except`; values go to their slots, what is wrong to `issues`. */
export async function readInput(
  plan: Plan,
  payload: Readonly<Record<string, unknown>>,
  values: unknown[],
  issues: Issue[],
  except?: string,
): Promise<void> {
  for (const { key, loc, slot, field } of plan.fields) {
    if (key === except) continue;
    const value = field.check(Object.hasOwn(payload, key) ? payload[key] : undefined, loc, issues);
    values[slot] = value instanceof Promise ? await value : value;
  }
}
