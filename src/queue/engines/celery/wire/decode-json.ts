import { isRecord } from '../../../../base/is-record.ts';

// Python's json module writes what JSON forbids (NaN, Infinity) and what JSON.parse rounds (integers beyond 2^53). A text without any sign
// of those takes the fast road; what only looks like it is merely read more slowly.
const suspicious = /\d{16}|NaN|Infinity|__type__/;

// Stands for NaN while JSON.parse reads: a spelling of 0 that nobody writes.
const nanLiteral = '0e-70177';

/** Reads JSON as Python writes it: `NaN`, `Infinity`, integers of any size (as bigint) and kombu's typed values. Throws a `SyntaxError`. */
export function decodeJson(text: string): unknown {
  if (!suspicious.test(text)) return JSON.parse(text);
  return JSON.parse(replaceConstants(text), revive);
}

/** The object that a text is, as {@link decodeJson} reads it; an empty one for any other text. */
export function decodeRecord(text: string): Record<string, unknown> {
  try {
    const value = decodeJson(text);
    return isRecord(value) ? value : {};
  } catch {
    return {};
  }
}

function revive(_key: string, value: unknown, context?: { source?: string }): unknown {
  if (typeof value === 'number') return exactNumber(value, context?.source ?? '');
  return isTyped(value) ? typedValue(value.__type__, value.__value__) : value;
}

function exactNumber(value: number, source: string): number | bigint {
  if (source === nanLiteral) return Number.NaN;
  return Number.isInteger(value) && !Number.isSafeInteger(value) && /^-?\d{1,4300}$/.test(source)
    ? BigInt(source)
    : value;
}

interface Typed {
  readonly __type__: string;
  readonly __value__: unknown;
}

/** Whether an object has exactly the two keys that kombu takes for a typed value. */
export function isTyped(value: unknown): value is Typed {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const keys = Object.keys(value);
  return keys.length === 2 && keys.includes('__type__') && keys.includes('__value__');
}

// Values become what JSON users expect: text. Dates stay ISO strings, decimals keep all digits, bytes that are not text stay base64.
function typedValue(type: string, value: unknown): unknown {
  if (type !== 'uuid') return value;
  const hex = (value as { hex?: unknown } | null)?.hex;
  return typeof hex === 'string' ? hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5') : value;
}

/** Puts numbers in the place of the bare words `NaN` and `Infinity`, outside of strings. */
function replaceConstants(text: string): string {
  const parts: string[] = [];
  const token = /["NI]/g;
  let from = 0;
  for (let match = token.exec(text); match !== null; match = token.exec(text)) {
    const at = match.index;
    if (text[at] === '"') {
      token.lastIndex = endOfString(text, at);
    } else if (text.startsWith('NaN', at)) {
      parts.push(text.slice(from, at), nanLiteral);
      token.lastIndex = from = at + 3;
    } else if (text.startsWith('Infinity', at)) {
      parts.push(text.slice(from, at), '1e999');
      token.lastIndex = from = at + 8;
    }
  }
  return from === 0 ? text : parts.join('') + text.slice(from);
}

function endOfString(text: string, start: number): number {
  const token = /["\\]/g;
  token.lastIndex = start + 1;
  for (let match = token.exec(text); match !== null; match = token.exec(text)) {
    if (match[0] === '"') return match.index + 1;
    token.lastIndex = match.index + 2;
  }
  return text.length;
}
