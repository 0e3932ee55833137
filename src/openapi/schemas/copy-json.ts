/** Says of a member that it does not stand in the copy. */
export const drop: unique symbol = Symbol('drop');

/** Copies a JSON value; `replace` says what stands in a member's place, or leaves it with `undefined`. */
export function copyJson(
  value: unknown,
  replace: (key: string, member: unknown) => unknown = () => undefined,
): unknown {
  if (Array.isArray(value)) return value.map((item) => replace('', item) ?? copyJson(item, replace));
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  if (typeof value !== 'object' || value === null) return value;
  // A moment of an app's example, as it looks on the wire.
  if ('toJSON' in value && typeof value.toJSON === 'function') return copyJson(value.toJSON(), replace);
  // Entries, as a name may be `__proto__`.
  const entries = Object.entries(value).flatMap(([key, member]): [string, unknown][] => {
    const replaced = replace(key, member);
    return replaced === drop ? [] : [[key, replaced ?? copyJson(member, replace)]];
  });
  return Object.fromEntries(entries);
}
