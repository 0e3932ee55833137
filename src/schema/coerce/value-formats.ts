import { readDecimal } from './decimals.ts';
import { lengthOfSeconds, readLength } from './durations.ts';
import type { Format, Formatted } from './format.ts';
import { formats, timeFault } from './formats.ts';
import type { Words } from './words.ts';

const dateTime = formats['date-time']!;
const { wrongType: timeType, fromNumber: timeOf } = formats['time']!;
const zone = /(?:Z|[+-]\d\d:\d\d)$/;
const aware: Words = { type: 'timezone_aware', msg: 'Input should have timezone info' };
const naive: Words = { type: 'timezone_naive', msg: 'Input should not have timezone info' };

function withZone(read: Formatted): Formatted {
  return !('text' in read) || zone.test(read.text) ? read : aware;
}

function withoutZone(read: Formatted): Formatted {
  return 'text' in read && zone.test(read.text.slice(10)) ? naive : read;
}

function readTime(text: string, lax: boolean): Formatted {
  const read = formats['time']!.read(text, lax);
  return 'text' in read && zone.test(read.text) ? naive : read;
}

// A number is seconds since midnight, of no zone.
function timeOfNumber(value: number): Formatted {
  const read = timeOf!(value);
  return 'text' in read ? { text: read.text.replace(/Z$/, '') } : read;
}

// One of so many digits that was written with all of them is a bigint here.
function digitsOf(value: number | bigint): string {
  const isRounded = typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value);
  return isRounded ? value.toExponential() : String(value);
}

const noBytes = (error: string): Words => ({
  type: 'bytes_invalid_encoding',
  msg: `Data should be valid base64: ${error}`,
  ctx: { encoding: 'base64', encoding_error: error },
});

const symbols = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/**
 * Base64 of RFC 4648, with either of its two alphabets and with its padding or without, in the words of Rust's `base64`, which Pydantic reads it with.
 */
function readBytes(text: string): Formatted {
  const first = /[^A-Za-z\d_-]/.exec(text)?.[0];
  const isPlain = first === '+' || first === '/';
  const wrong = (isPlain ? /[^A-Za-z\d+/]/ : /[^A-Za-z\d_-]/).exec(text);
  const length = wrong === null ? text.length : wrong.index;
  const padding = wrong !== null && /^={1,2}$/.test(text.slice(length)) ? text.length - length : 0;
  if (wrong !== null && (padding === 0 || length % 4 < 2 || (length % 4) + padding > 4))
    return noBytes(`Invalid symbol ${Buffer.from(text.slice(length))[0]}, offset ${length}.`);
  if (length % 4 === 1) return noBytes(`Invalid input length: ${text.length}`);
  const last = text.charCodeAt(length - 1);
  const unused = length % 4 === 2 ? 15 : length % 4 === 3 ? 3 : 0;
  if ((sextetOf(text[length - 1] ?? 'A') & unused) !== 0)
    return noBytes(`Invalid last symbol ${last}, offset ${length - 1}.`);
  return { text };
}

function sextetOf(symbol: string): number {
  const at = symbols.indexOf(symbol);
  return at >= 0 ? at : '+-'.includes(symbol) ? 62 : 63;
}

/** The formats of values that JSON has no type for, by the mark of their schemas. */
export const valueFormats: Readonly<Record<string, Format>> = {
  'plain-date': formats['date']!,
  'plain-time': { wrongType: timeType, read: readTime, fromNumber: timeOfNumber },
  instant: {
    ...dateTime,
    read: (text, lax) => withZone(dateTime.read(text, lax)),
  },
  'plain-date-time': {
    ...dateTime,
    read: (text, lax) => withoutZone(dateTime.read(text, lax)),
    fromNumber: (value) => withoutZone(dateTime.fromNumber!(value)),
  },
  length: {
    wrongType: formats['duration']!.wrongType,
    read: (text) => readLength(text, timeFault),
    fromNumber: lengthOfSeconds,
  },
  'exact-decimal': {
    wrongType: formats['decimal']!.wrongType,
    read: readDecimal,
    fromNumber: (value) => readDecimal(String(value)),
    fromDigits: (value) => readDecimal(digitsOf(value)),
  },
  bytes: { wrongType: { type: 'bytes_type', msg: 'Input should be a valid bytes' }, read: readBytes },
};
