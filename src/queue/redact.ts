const hidden = '[redacted]';

/** A JSON value with the values of some fields hidden, however deep they are. */
export function redact(value: unknown, names: ReadonlySet<string>): unknown {
  if (names.size === 0 || typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => redact(item, names));
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [key, names.has(key) ? hidden : redact(member, names)]),
  );
}
