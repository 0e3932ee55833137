import { checkOptions } from '../base/check-options.ts';
import { functionRule, type Rule, type Rules, whole } from '../base/check-values.ts';
import { brokenRule, type DecimalRules, readDecimal } from '../schema/coerce/decimals.ts';
import type { Words } from '../schema/coerce/words.ts';
import type { JsonSchema } from '../schema/json/json-schema.ts';
import { becomesMark } from '../schema/json/marks.ts';
import { type ValueSchema, valueSchema } from './value-schema.ts';

/** Options of {@link decimal}. */
export interface DecimalOptions {
  /** What it has to be greater than; a text where a number would not be exact: `'0.001'`. */
  readonly gt?: number | string;
  /** The least that it may be. */
  readonly ge?: number | string;
  /** What it has to be less than. */
  readonly lt?: number | string;
  /** The most that it may be. */
  readonly le?: number | string;
  /** The most digits in all, zeros at the end not counted. */
  readonly maxDigits?: number;
  /** The most digits behind the point, zeros at the end not counted. */
  readonly decimalPlaces?: number;
}

/** A class of decimals: `Big` of big.js, `Decimal` of decimal.js, `BigNumber` of bignumber.js. */
export type DecimalClass<Value> = new (text: string) => Value;

const bound: Rule = {
  wanted: "a decimal, 0 or '0.01'",
  fits: (value) => (typeof value === 'number' || typeof value === 'string') && 'text' in readDecimal(String(value)),
};
const rules: Rules = {
  gt: bound,
  ge: bound,
  lt: bound,
  le: bound,
  maxDigits: whole(1),
  decimalPlaces: whole(0),
  as: functionRule,
};

/**
 * An exact decimal number, Python's `Decimal`: a text with all the digits that came, `"1.10"` on the wire. Numbers and texts are taken, in JSON too; documents show
 * what FastAPI shows of one.
 *
 * A text is what PostgreSQL gives of a `numeric`, and what every library of decimals takes. Two texts are not to be added (`'1' + '2'` is `'12'`): with `as` the value is one of a
 * library's class, made by `new as(text)` and written by its `toJSON()`.
 *
 * @param options What it has to be, and the class that it becomes.
 *
 * @throws CortadoError `CORTADO_OPTION_INVALID` for a bound that is no decimal.
 *
 * @example
 * ```ts
 * const Item = z.object({ price: decimal({ gt: 0, maxDigits: 8, decimalPlaces: 2 }), tax: decimal({ as: Big }) });
 * ```
 */
export function decimal(options?: DecimalOptions): ValueSchema<number, string>;
export function decimal<Value extends { toJSON(): string }>(
  options: DecimalOptions & { readonly as: DecimalClass<Value> },
): ValueSchema<string | number, Value>;
export function decimal(
  options: DecimalOptions & { readonly as?: DecimalClass<{ toJSON(): string }> } = {},
): ValueSchema<number, string> | ValueSchema<string | number, { toJSON(): string }> {
  checkOptions('decimal()', options, rules);
  const { as: Class, maxDigits, decimalPlaces } = options;
  // In the order in which Pydantic looks at them.
  const bounds = (['le', 'lt', 'ge', 'gt'] as const).flatMap((key): DecimalRules['bounds'] => {
    const given = options[key];
    return given === undefined ? [] : [[key, given]];
  });
  const described = { format: 'exact-decimal', ...documented(options) };
  const refuse = (text: string): Words | undefined => {
    const read = readDecimal(text);
    return 'text' in read ? brokenRule(read.text, { maxDigits, decimalPlaces, bounds }) : read;
  };
  if (Class === undefined)
    return valueSchema<number, string>({
      ...described,
      take: () => undefined,
      make: (text) => text,
      write: (value) => value,
      refuse,
    });
  return valueSchema<string | number, { toJSON(): string }>({
    ...described,
    take: (input) => (input instanceof Class ? input : undefined),
    make: (text) => new Class(text),
    write: (value) => value.toJSON(),
    // What a library makes of no number would leave as its name.
    refuse: (value) => refuse(value.toJSON()),
  });
}

const numberKeys = { le: 'maximum', lt: 'exclusiveMaximum', ge: 'minimum', gt: 'exclusiveMinimum' } as const;

/** As FastAPI documents a decimal: a number or a text in requests, a text in answers. */
function documented(options: DecimalOptions): { readonly json: JsonSchema; readonly output: JsonSchema } {
  const text = { type: 'string', pattern: patternOf(options) };
  const bounds = Object.entries(numberKeys).flatMap(([key, keyword]) => {
    const given = options[key as keyof typeof numberKeys];
    return given === undefined ? [] : [[keyword, Number(given)]];
  });
  const number = { type: 'number', ...Object.fromEntries(bounds) };
  return {
    json: { anyOf: [number, text], [becomesMark]: 'decimal' },
    output: { ...text, [becomesMark]: 'decimal' },
  };
}

function patternOf({ maxDigits, decimalPlaces }: DecimalOptions): string {
  const start = '^(?!^[-+.]*$)[+-]?0*';
  if (maxDigits === undefined)
    return start + (decimalPlaces === undefined ? String.raw`\d*\.?\d*$` : String.raw`\d*\.?\d{0,${decimalPlaces}}0*$`);
  const most = String.raw`(?=[\d.]{1,${maxDigits + 1}}0*$)`;
  if (decimalPlaces === undefined) return String.raw`${start}(?:\d{0,${maxDigits}}|${most}\d*\.\d*0*$)`;
  const before = Math.max(0, maxDigits - decimalPlaces);
  return String.raw`${start}(?:\d{0,${before}}|${most}\d{0,${before}}\.\d{0,${decimalPlaces}}0*$)`;
}
