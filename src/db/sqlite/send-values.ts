import type { Sendable } from './protocol.ts';

/** Values of a statement as SQLite stores them: dates as ISO 8601 text, booleans as 0 and 1, objects and arrays as JSON. */
export function sendValues(values: readonly unknown[]): Sendable[] {
  return values.map(sendValue);
}

function sendValue(value: unknown): Sendable {
  switch (typeof value) {
    case 'string':
    case 'number':
    case 'bigint':
      return value;
    case 'boolean':
      return value ? 1 : 0;
    case 'object':
      return value === null || value instanceof Uint8Array
        ? value
        : value instanceof Date
          ? value.toISOString()
          : JSON.stringify(value);
    case 'undefined':
      return null;
    default:
      throw new TypeError(`A ${typeof value} cannot be stored.`);
  }
}
