import type { StandardSchemaV1 } from '@standard-schema/spec';

export function stepsOf({ path }: StandardSchemaV1.Issue): (string | number)[] {
  const steps: (string | number)[] = [];
  // Not by `map`: a list of ArkType's makes one of its own of it, with a step too many.
  for (const step of path ?? []) steps.push(stepOf(step));
  return steps;
}

function stepOf(step: PropertyKey | StandardSchemaV1.PathSegment): string | number {
  const key = typeof step === 'object' ? step.key : step;
  return typeof key === 'symbol' ? String(key) : key;
}

/** The value at a place; `undefined` where there is none. */
export function valueAt(input: unknown, path: readonly (string | number)[]): unknown {
  let value = input;
  for (const step of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = Object.hasOwn(value, step) ? (value as Record<string | number, unknown>)[step] : undefined;
  }
  return value;
}
