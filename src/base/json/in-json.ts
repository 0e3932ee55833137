/** A set, a map or bytes as they are in JSON: an array, an object, a text in base64. Whatever else stays as it is. */
export function inJson(value: unknown): unknown {
  if (value instanceof Set) return [...value];
  if (value instanceof Map) return Object.fromEntries(value);
  if (value instanceof Uint8Array)
    return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64');
  return value;
}
