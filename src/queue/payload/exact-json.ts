// Fewer digits are always exact.
const manyDigits = /\d{16}/;

const { rawJSON: rawJson } = JSON as unknown as { rawJSON: (text: string) => unknown };

/**
 * Writes JSON: a bigint as its digits, a number that is whole and beyond 2^53 with an exponent, so that the two are told apart when they are
 * read.
 */
export function writeJson(value: unknown, space?: number): string {
  try {
    const text = JSON.stringify(value, undefined, space);
    // `undefined` is what JSON leaves out.
    return text === undefined || !manyDigits.test(text) ? text : JSON.stringify(value, exactly, space);
  } catch (error) {
    if (!(error instanceof TypeError) || !/BigInt/i.test(error.message)) throw error;
    return JSON.stringify(value, exactly, space);
  }
}

/** Reads JSON: an integer that a number does not hold is a bigint. */
export function readJson(text: string): unknown {
  return manyDigits.test(text) ? JSON.parse(text, revive) : JSON.parse(text);
}

function exactly(_key: string, value: unknown): unknown {
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
