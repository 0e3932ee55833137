const integerText = /^[+-]?\d+(?:_\d+)*(?:\.0*)?$/;
const numberText = /^[+-]?(?:\d+(?:_\d+)*(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/;

/** Reads an integer as Pydantic's lax mode does: spaces around it, `1_000` and `3.0` are fine. */
export function parseInteger(text: string): number | undefined {
  const trimmed = text.trim();
  return integerText.test(trimmed) ? Number(trimmed.replaceAll('_', '')) : undefined;
}

/** {@link parseInteger} of any size. */
export function parseBigint(text: string): bigint | undefined {
  const trimmed = text.trim();
  if (!integerText.test(trimmed)) return undefined;
  const digits = trimmed.replace(/\.0*$/, '').replaceAll('_', '');
  return digits.startsWith('-') ? -BigInt(digits.slice(1)) : BigInt(digits.replace('+', ''));
}

/** Reads a number as Pydantic's lax mode does; `NaN` and infinities, which JSON cannot carry, are no numbers. */
export function parseNumber(text: string): number | undefined {
  const trimmed = text.trim();
  if (!numberText.test(trimmed)) return undefined;
  const value = Number(trimmed.replaceAll('_', ''));
  return Number.isFinite(value) ? value : undefined;
}

const truths = new Set(['1', 't', 'true', 'y', 'yes', 'on']);
const falsehoods = new Set(['0', 'f', 'false', 'n', 'no', 'off']);

/** Reads a boolean as Pydantic's lax mode does, in any case. */
export function parseBoolean(text: string): boolean | undefined {
  const key = text.toLowerCase();
  return truths.has(key) || (falsehoods.has(key) ? false : undefined);
}
