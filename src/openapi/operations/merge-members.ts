import { isRecord } from '../../base/is-record.ts';

type Members = Readonly<Record<string, unknown>>;

/**
 * Members merged into others, as FastAPI merges `openapi_extra`: objects member by member, lists one behind the other, all else in the place
 * of what was there. A parameter of the same name and place is merged into the one that is there.
 */
export function mergeMembers(base: Members, more: Members | undefined): Members {
  const merged: Record<string, unknown> = { ...base };
  for (const [name, member] of Object.entries(more ?? {})) {
    const before = Object.hasOwn(merged, name) ? merged[name] : undefined;
    if (isRecord(before) && isRecord(member)) merged[name] = mergeMembers(before, member);
    else if (Array.isArray(before) && Array.isArray(member)) merged[name] = mergeLists(before, member);
    else merged[name] = member;
  }
  return merged;
}

function mergeLists(before: readonly unknown[], more: readonly unknown[]): readonly unknown[] {
  const merged = [...before];
  for (const item of more) {
    const at = merged.findIndex((other) => isSameParameter(other, item));
    if (at < 0) merged.push(item);
    else merged[at] = mergeMembers(merged[at] as Members, item as Members);
  }
  return merged;
}

function isSameParameter(a: unknown, b: unknown): boolean {
  return isRecord(a) && isRecord(b) && typeof a['in'] === 'string' && a['in'] === b['in'] && a['name'] === b['name'];
}
