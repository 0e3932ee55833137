/** A copy of a value down to what is no plain object or list: files, dates and the app's own classes are the same in both. */
export function plainCopy<T>(value: T): T {
  return copy(value, new Map()) as T;
}

function copy(value: unknown, known: Map<object, unknown>): unknown {
  if (!isCopied(value)) return value;
  const before = known.get(value);
  if (before !== undefined) return before;
  if (Array.isArray(value)) {
    const list: unknown[] = [];
    known.set(value, list);
    for (const item of value) list.push(copy(item, known));
    return list;
  }
  const made = Object.create(Object.getPrototypeOf(value)) as object;
  known.set(value, made);
  for (const [key, member] of Object.entries(value))
    Object.defineProperty(made, key, {
      value: copy(member, known),
      configurable: true,
      enumerable: true,
      writable: true,
    });
  return made;
}

/** Whether two values have an object or a list in common that {@link plainCopy} copies. */
export function shareObjects(one: unknown, other: unknown): boolean {
  return !objectsIn(one).isDisjointFrom(objectsIn(other));
}

function objectsIn(value: unknown, held: Set<object> = new Set()): Set<object> {
  if (!isCopied(value) || held.has(value)) return held;
  held.add(value);
  for (const member of Object.values(value)) objectsIn(member, held);
  return held;
}

function isCopied(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  if (Array.isArray(value)) return true;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
