import { jsonParameter, storable, unstorable, valueRefused } from '../engine/bind-value.ts';
import type { Sendable } from './thread/protocol.ts';

/** Values of a statement as SQLite stores them: dates as ISO 8601 text, booleans as 0 and 1, objects and arrays as JSON. */
export function sendValues(values: readonly unknown[]): Sendable[] {
  return values.map(sendValue);
}

function sendValue(value: unknown): Sendable {
  switch (typeof value) {
    case 'string':
      // It would be stored as another text.
      if (!value.isWellFormed()) throw valueRefused('holds half a character');
      return value;
    case 'number':
      // SQLite would store NULL.
      if (Number.isNaN(value)) throw unstorable('NaN', 'SQLite has no such number');
      return value;
    case 'bigint':
      if (BigInt.asIntN(64, value) !== value) throw valueRefused('is an integer of more than 64 bits');
      return value;
    case 'boolean':
      return value ? 1 : 0;
    case 'object':
      return value === null || value instanceof Uint8Array ? value : sendObject(value);
    case 'undefined':
      return null;
    default:
      throw unstorable(`A ${typeof value}`, 'only data can be');
  }
}

function sendObject(object: object): Sendable {
  const { as, value } = storable(object);
  switch (as) {
    case 'date':
      return value.toISOString();
    case 'json':
      return jsonParameter(value);
    default:
      return value;
  }
}
