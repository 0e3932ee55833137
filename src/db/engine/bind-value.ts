import { DatabaseError } from './db-error.ts';

/** What an object is to a database: a moment, bytes, a text, or what is stored as JSON. */
export type Storable =
  | { readonly as: 'date'; readonly value: Date }
  | { readonly as: 'bytes'; readonly value: Uint8Array }
  | { readonly as: 'text'; readonly value: string }
  | { readonly as: 'json'; readonly value: object };

/**
 * What an object is to a database. JSON would make `{}` of many, in silence, so only plain objects, arrays and instances of classes of one's own are it.
 *
 * @throws DatabaseError `CORTADO_DB_QUERY`, naming the type.
 */
export function storable(value: object): Storable {
  if (value instanceof Date) {
    if (Number.isNaN(value.getTime())) throw unstorable('An invalid Date', 'check it before');
    return { as: 'date', value };
  }
  if (value instanceof Uint8Array) return { as: 'bytes', value };
  if (ArrayBuffer.isView(value)) return bytes(value.buffer, value.byteOffset, value.byteLength);
  if (Array.isArray(value)) return { as: 'json', value };
  const type = Object.prototype.toString.call(value).slice(8, -1);
  if (type === 'ArrayBuffer' || type === 'SharedArrayBuffer') {
    const buffer = value as ArrayBuffer;
    return bytes(buffer, 0, buffer.byteLength);
  }
  if (type.startsWith('Temporal.')) return ofTemporal(type, value as TemporalValue);
  const { toJSON } = value as { readonly toJSON?: unknown };
  if (typeof toJSON === 'function') {
    const shown: unknown = toJSON.call(value, '');
    if (typeof shown === 'string') return { as: 'text', value: shown };
    if (typeof shown === 'object' && shown !== null) return { as: 'json', value: shown };
  } else if (type === 'Object') return { as: 'json', value };
  throw unstorable(
    `A ${type === 'Object' ? value.constructor?.name || type : type}`,
    advice[type] ?? 'convert it to a text, bytes, an array or a plain object',
  );
}

const advice: Readonly<Record<string, string>> = {
  Map: 'write Object.fromEntries(map) or [...map]',
  Set: 'write [...set]',
  Promise: 'put "await" before it',
  Blob: 'write await blob.bytes()',
  File: 'write await file.bytes()',
};

/** A value as the text of a JSON column. Throws `CORTADO_DB_QUERY` for what JSON would leave out or make `{}` of. */
export function jsonParameter(value: unknown): string {
  let text: string | undefined;
  try {
    text = JSON.stringify(value);
  } catch (error) {
    throw unstorable('What JSON cannot carry', (error as Error).message, error);
  }
  if (text === undefined) throw unstorable(`A ${typeof value}`, 'JSON cannot carry it');
  const why = whyNotJsonText(text);
  if (why !== undefined) throw valueRefused(why);
  // The marks of what JSON makes nothing of: to look at every value costs more than most texts do.
  if (text.includes('{}') || text.includes('{"0":')) checkDeep(value);
  return text;
}

function checkDeep(value: unknown): void {
  if (typeof value !== 'object' || value === null || typeof (value as { toJSON?: unknown }).toJSON === 'function')
    return;
  const type = Object.prototype.toString.call(value).slice(8, -1);
  if (!Array.isArray(value) && type !== 'Object')
    throw unstorable(`A ${type} inside of JSON`, advice[type] ?? 'convert it to an array or a plain object');
  for (const one of Object.values(value)) checkDeep(one);
}

// What JSON writes for a NUL and for half a character, unless the backslash is one itself.
const unheld = /(?<!\\)(?:\\\\)*\\u(?:0000|d[89a-f][0-9a-f]{2})/;

/** Why a text cannot be held: PostgreSQL has no NUL in texts, and half a character becomes another one. */
export function whyNotText(text: string): string | undefined {
  if (text.includes('\0')) return 'holds a NUL character';
  return text.isWellFormed() ? undefined : 'holds half a character';
}

/** The same of what is written out as JSON. */
export function whyNotJsonText(json: string): string | undefined {
  return json.includes('\\u') && unheld.test(json) ? 'holds a NUL character or half a character' : undefined;
}

/** Something that no database can store. */
export function unstorable(what: string, instead: string, cause?: unknown): DatabaseError {
  return new DatabaseError('CORTADO_DB_QUERY', `${what} cannot be stored: ${instead}.`, { cause });
}

/** A value that its column, or the database, cannot hold: it came from outside, so a request answers with a 422. */
export function valueRefused(what: string): DatabaseError {
  return new DatabaseError('CORTADO_DB_VALUE', `A value cannot be stored or searched for: it ${what}.`, {
    status: 422,
    detail: `A value ${what}, which cannot be stored or searched for.`,
  });
}

interface TemporalValue {
  readonly epochMilliseconds?: number;
  readonly epochNanoseconds?: bigint;
  toInstant?(): TemporalValue;
  toString(): string;
}

// Moments as a Date is written, as long as that loses nothing: so they compare with one.
function ofTemporal(type: string, value: TemporalValue): Storable {
  const moment =
    type === 'Temporal.ZonedDateTime' ? value.toInstant!() : type === 'Temporal.Instant' ? value : undefined;
  if (moment === undefined) return { as: 'text', value: value.toString() };
  if (moment.epochNanoseconds! % 1_000_000n === 0n) return { as: 'date', value: new Date(moment.epochMilliseconds!) };
  return { as: 'text', value: moment.toString() };
}

// A copy: a view takes its whole buffer along to another thread.
function bytes(buffer: ArrayBufferLike, offset: number, length: number): Storable {
  return { as: 'bytes', value: new Uint8Array(buffer, offset, length).slice() };
}
