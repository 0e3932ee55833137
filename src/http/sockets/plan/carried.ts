import type { Plan, PlannedCall } from '../../../declare/plan/plan.ts';

/** What is left of the plan of messages, and the values that they have of their connection. */
export interface KeptApart {
  readonly each: Plan;
  readonly carried: readonly (readonly [from: number, to: number])[];
}

/**
 * Leaves out of the plan of messages what their connection has already: its dependencies give each message their value, and are not opened
 * again; but for those that hold what a connection must not keep.
 */
export function keepApart(each: Plan, connection: Plan): KeptApart {
  const carried: (readonly [number, number])[] = [];
  const needed = new Set<number>();
  const bySlot = new Map(each.calls.map((call) => [call.slot, call]));
  const visit = (slot: number): void => {
    if (needed.has(slot)) return;
    needed.add(slot);
    const call = bySlot.get(slot);
    const from = call === undefined ? undefined : slotIn(connection, call);
    if (from !== undefined) carried.push([from, slot]);
    else for (const binding of call?.bindings ?? []) visit(binding.slot);
  };
  for (const { slot } of each.bindings) visit(slot);
  const own = ({ slot }: { readonly slot: number }): boolean =>
    needed.has(slot) && !carried.some(([, to]) => to === slot);
  return {
    each: { ...each, calls: each.calls.filter(own), fields: each.fields.filter(({ slot }) => needed.has(slot)) },
    carried,
  };
}

function slotIn({ slotOf, calls, guards }: Plan, { dependency }: PlannedCall): number | undefined {
  if (!dependency.cache || dependency.holds !== undefined) return undefined;
  const slot = slotOf.get(dependency);
  return [...guards, ...calls].some((call) => call.slot === slot) ? slot : undefined;
}
