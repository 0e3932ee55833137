import { boundWords, infinite, type Words } from './words.ts';

/** A decimal number: its digits without leading zeros, times ten to the power of `exponent`. */
interface Decimal {
  readonly isNegative: boolean;
  readonly digits: string;
  readonly exponent: number;
}

const decimalText = /^([+-]?)(?:(\d+)(?:\.(\d*))?|\.(\d+))(?:e([+-]?\d{1,15}))?$/i;
// Python has more; these are counted exactly, whatever is added to them.
const mostExponent = 1e15;

function parse(text: string): Decimal | undefined {
  const match = decimalText.exec(text.trim().replaceAll('_', ''));
  if (match === null) return undefined;
  const [, sign, whole = '', decimals, only, power = '0'] = match;
  const fraction = decimals ?? only ?? '';
  const exponent = Number(power) - fraction.length;
  if (Math.abs(exponent) > mostExponent) return undefined;
  return { isNegative: sign === '-', digits: withoutZeros(whole + fraction), exponent };
}

function withoutZeros(digits: string): string {
  let from = 0;
  while (from < digits.length - 1 && digits[from] === '0') from++;
  return digits.slice(from);
}

/** As Python writes a `Decimal`: all digits that were given, `1E+3` where there is no other way to tell how many. */
function write({ isNegative, digits, exponent }: Decimal): string {
  const sign = isNegative ? '-' : '';
  const power = exponent + digits.length - 1;
  if (exponent > 0 || power < -6) {
    const rest = digits.length === 1 ? '' : `.${digits.slice(1)}`;
    return `${sign}${digits[0]}${rest}E${power < 0 ? '-' : '+'}${Math.abs(power)}`;
  }
  if (exponent === 0) return sign + digits;
  const point = digits.length + exponent;
  return point > 0
    ? `${sign}${digits.slice(0, point)}.${digits.slice(point)}`
    : `${sign}0.${'0'.repeat(-point)}${digits}`;
}

const noDecimal: Words = { type: 'decimal_parsing', msg: 'Input should be a valid decimal' };

/** The text that Python writes for a decimal, or Pydantic's reason against it. Two that are equal may differ in their zeros. */
export function readDecimal(text: string): { readonly text: string } | Words {
  const decimal = parse(text);
  if (decimal !== undefined) return { text: write(decimal) };
  return /^\s*[+-]?(?:s?nan|inf(?:inity)?)\s*$/i.test(text) ? infinite : noDecimal;
}

/** What a decimal has to be; bounds are texts of decimals. */
export interface DecimalRules {
  readonly maxDigits?: number | undefined;
  readonly decimalPlaces?: number | undefined;
  readonly bounds: readonly (readonly [key: 'le' | 'lt' | 'ge' | 'gt', bound: string | number])[];
}

const holds: Readonly<Record<'le' | 'lt' | 'ge' | 'gt', (order: number) => boolean>> = {
  le: (order) => order <= 0,
  lt: (order) => order < 0,
  ge: (order) => order >= 0,
  gt: (order) => order > 0,
};

/** The first rule that a decimal breaks, in Pydantic's order and words. */
export function brokenRule(text: string, { maxDigits, decimalPlaces, bounds }: DecimalRules): Words | undefined {
  const decimal = parse(text)!;
  // Zeros at the end count for nobody, nor does it that there are none.
  const [written, least] = [countOf(decimal), countOf(withoutEnd(decimal))];
  const digits = Math.min(written.digits, least.digits);
  const places = Math.min(written.places, least.places);
  const before = Math.min(written.digits - written.places, least.digits - least.places);
  if (maxDigits !== undefined && digits > maxDigits)
    return {
      type: 'decimal_max_digits',
      msg: `Decimal input should have no more than ${maxDigits} digit${plural(maxDigits)} in total`,
      ctx: { max_digits: maxDigits },
    };
  if (decimalPlaces !== undefined && places > decimalPlaces)
    return {
      type: 'decimal_max_places',
      msg: `Decimal input should have no more than ${decimalPlaces} decimal place${plural(decimalPlaces)}`,
      ctx: { decimal_places: decimalPlaces },
    };
  const whole = Math.max(0, (maxDigits ?? Number.POSITIVE_INFINITY) - (decimalPlaces ?? 0));
  if (decimalPlaces !== undefined && before > whole)
    return {
      type: 'decimal_whole_digits',
      msg: `Decimal input should have no more than ${whole} digit${plural(whole)} before the decimal point`,
      ctx: { whole_digits: whole },
    };
  const broken = bounds.find(([key, bound]) => !holds[key](compare(decimal, parse(String(bound))!)));
  return broken && boundWords(...broken);
}

function plural(count: number): string {
  return count === 1 ? '' : 's';
}

/** The same decimal without zeros at its end. */
function withoutEnd({ isNegative, digits, exponent }: Decimal): Decimal {
  if (digits === '0') return { isNegative, digits, exponent: 0 };
  let end = digits.length;
  while (digits[end - 1] === '0') end--;
  return { isNegative, digits: digits.slice(0, end), exponent: exponent + digits.length - end };
}

/** How many digits there are in all and behind the point. */
function countOf({ digits, exponent }: Decimal): { readonly digits: number; readonly places: number } {
  if (exponent >= 0) return { digits: digits.length + exponent, places: 0 };
  return { digits: Math.max(digits.length, -exponent), places: -exponent };
}

/** Less than, equal to or greater than 0, as the one decimal is to the other. */
function compare(one: Decimal, other: Decimal): number {
  const [a, b] = [signOf(one), signOf(other)];
  if (a !== b || a === 0) return a - b;
  const [x, y] = [one.exponent + one.digits.length, other.exponent + other.digits.length];
  if (x !== y) return a * (x - y);
  const length = Math.max(one.digits.length, other.digits.length);
  const [left, right] = [one.digits.padEnd(length, '0'), other.digits.padEnd(length, '0')];
  return left === right ? 0 : left < right ? -a : a;
}

function signOf({ digits, isNegative }: Decimal): number {
  if (digits === '0') return 0;
  return isNegative ? -1 : 1;
}
