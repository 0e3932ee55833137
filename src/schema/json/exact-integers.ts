/** The integers of a JSON text that a number does not hold, by the object or list that has them and their key there. */
export type ExactIntegers = ReadonlyMap<object, ReadonlyMap<string, bigint>>;

export interface ExactJson {
  /** What `JSON.parse` makes of it. */
  readonly value: unknown;
  /** What that has rounded; `undefined` where nothing is. */
  readonly exact: ExactIntegers | undefined;
}

type Reviver = (this: object, key: string, value: unknown, context?: { readonly source?: string }) => unknown;
type Parse = (text: string, reviver?: Reviver) => unknown;

// Fewer digits are always exact.
const manyDigits = /\d{16}/;
const integer = /^-?\d{16,}$/;
/** The most digits that are read of an integer, as in Python: what is made of them takes the square of their number. */
export const mostDigits = 4300;

/** An integer has more digits than are read. */
export class TooManyDigits extends Error {}

/**
 * Parses a JSON text, and finds the integers that JavaScript's numbers round. A text without a number of that length takes no longer than
 * it takes `JSON.parse`.
 *
 * @param parse How a text is parsed.
 * @throws TooManyDigits
 */
export function parseExactly(text: string, parse: Parse): ExactJson {
  if (!manyDigits.test(text)) return { value: parse(text), exact: undefined };
  const exact = new Map<object, Map<string, bigint>>();
  const value = parse(text, function (key, number, context) {
    const source = context?.source;
    if (typeof number !== 'number' || Number.isSafeInteger(number) || source === undefined || !integer.test(source))
      return number;
    const digits = source.startsWith('-') ? source.length - 1 : source.length;
    if (digits > mostDigits) throw new TooManyDigits();
    const known = exact.get(this);
    if (known === undefined) exact.set(this, new Map([[key, BigInt(source)]]));
    else known.set(key, BigInt(source));
    return number;
  });
  // A number by itself is held by an object that nobody else sees.
  const root = typeof value === 'number' ? [...exact.values()][0]?.get('') : undefined;
  if (root !== undefined) return { value: root, exact: undefined };
  return { value, exact: exact.size === 0 ? undefined : exact };
}

export function exactMember(
  exact: ExactIntegers | undefined,
  holder: object,
  key: string | number,
  member: unknown,
): unknown {
  if (exact === undefined || typeof member !== 'number') return member;
  return exact.get(holder)?.get(String(key)) ?? member;
}
