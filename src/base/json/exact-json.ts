import { putMember } from './plain-json.ts';
import { type Replace, rawJson, writeToAnyDepth } from './write-levels.ts';

// Fewer digits are always exact.
const manyDigits = /\d{16}/;

/**
 * Writes JSON: a bigint as its digits, a number that is whole and beyond 2^53 with an exponent, so that the two are told apart when they are
 * read.
 */
export function writeJson(value: unknown, space?: number): string {
  const write = (replace?: Replace): string =>
    (space === undefined
      ? writeToAnyDepth(value, replace)
      : JSON.stringify(value, replace && ((_key, member) => replace(member)), space)) as string;
  try {
    const text = write();
    // `undefined` is what JSON leaves out.
    return text === undefined || !manyDigits.test(text) ? text : write(exactly);
  } catch (error) {
    if (!(error instanceof TypeError) || !/BigInt/i.test(error.message)) throw error;
    return write(exactly);
  }
}

/** Reads JSON: an integer that a number does not hold is a bigint. */
export function readJson(text: string): unknown {
  if (!manyDigits.test(text)) return JSON.parse(text);
  try {
    return JSON.parse(text, revive);
  } catch (error) {
    // With a function for each member JSON.parse goes level by level, and some 2,000 are too many for the stack.
    if (!(error instanceof RangeError)) throw error;
    return readLevels(text);
  }
}

const textsAndIntegers = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d{16,}(?![\d.eE])/g;

// Integers are read as texts with a mark that no text of the value begins with, and then made one by one, in whatever holds them.
function readLevels(text: string): unknown {
  let mark = '#';
  while (text.includes(`"${mark}`)) mark += '#';
  const marked = text.replace(textsAndIntegers, (found) => (found.startsWith('"') ? found : `"${mark}${found}"`));
  const root = { value: JSON.parse(marked) as unknown };
  const open: Record<string, unknown>[] = [root];
  for (let holder = open.pop(); holder !== undefined; holder = open.pop())
    for (const key of Object.keys(holder)) {
      const member = holder[key];
      if (typeof member === 'object' && member !== null) open.push(member as Record<string, unknown>);
      else if (typeof member === 'string' && member.startsWith(mark)) {
        const digits = member.slice(mark.length);
        const value = isRounded(Number(digits)) ? BigInt(digits) : Number(digits);
        putMember(holder, key, value);
      }
    }
  return root.value;
}

function exactly(value: unknown): unknown {
  if (typeof value === 'bigint') return rawJson(value.toString());
  return isRounded(value) ? rawJson(value.toExponential()) : value;
}

function revive(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  const source = context?.source ?? '';
  return isRounded(value) && /^-?\d+$/.test(source) ? BigInt(source) : value;
}

function isRounded(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value);
}
