import { putMember } from '../../base/json/plain-json.ts';

const hidden = '[redacted]';

/** A JSON value with the values of some fields hidden, however deep they are. */
export function redact(value: unknown, names: ReadonlySet<string>): unknown {
  if (names.size === 0) return value;
  const root: { made?: unknown } = {};
  // A list in place of calls: an input may nest deeper than a stack is.
  const open: { readonly value: unknown; readonly key: string | number; readonly into: object }[] = [
    { value, key: 'made', into: root },
  ];
  while (open.length > 0) {
    const { value: one, key, into } = open.pop()!;
    const isHolder = typeof one === 'object' && one !== null;
    const made: unknown = isHolder ? (Array.isArray(one) ? [] : {}) : one;
    putMember(into, key, made);
    if (!isHolder) continue;
    for (const [name, member] of Object.entries(one)) {
      const isHidden = !Array.isArray(one) && names.has(name);
      // At its place at once, since the members come in another order.
      putMember(made as object, name, isHidden ? hidden : member);
      if (!isHidden && typeof member === 'object') open.push({ value: member, key: name, into: made as object });
    }
  }
  return root.made;
}
