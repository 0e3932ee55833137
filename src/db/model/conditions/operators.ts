/** What an operator compares with, seen by the filter that uses it. */
export type Comparison =
  | { readonly kind: 'compare'; readonly operator: '>' | '>=' | '<' | '<='; readonly value: unknown }
  | { readonly kind: 'not'; readonly value: unknown }
  | { readonly kind: 'oneOf'; readonly values: readonly unknown[]; readonly negated: boolean }
  | {
      readonly kind: 'text';
      readonly before: boolean;
      readonly text: string;
      readonly after: boolean;
      readonly ignoreCase: boolean;
    };

const comparison: unique symbol = Symbol('cortado.operator');

/**
 * A comparison other than equality, made by `gte`, `oneOf`, `contains` and the like. It is a value that no JSON can be, so data of a
 * request is compared with and never obeyed.
 */
export interface Operator<out T> {
  readonly [comparison]: Comparison;
  readonly '~value'?: T;
}

function operator<T>(what: Comparison): Operator<T> {
  return { [comparison]: what };
}

/** The comparison of an operator, or `undefined` for any other value. */
export function comparisonOf(value: unknown): Comparison | undefined {
  return typeof value === 'object' && value !== null ? (value as Partial<Operator<unknown>>)[comparison] : undefined;
}

/**
 * Matches greater values.
 *
 * @example
 * ```ts
 * await User.filter({ age: gt(17) });
 * ```
 */
export function gt<T extends number | bigint | string | Date>(value: T): Operator<T> {
  return operator({ kind: 'compare', operator: '>', value });
}

/** Matches the value and greater ones; `age__gte=18` in Tortoise. */
export function gte<T extends number | bigint | string | Date>(value: T): Operator<T> {
  return operator({ kind: 'compare', operator: '>=', value });
}

/** Matches lesser values. */
export function lt<T extends number | bigint | string | Date>(value: T): Operator<T> {
  return operator({ kind: 'compare', operator: '<', value });
}

/** Matches the value and lesser ones. */
export function lte<T extends number | bigint | string | Date>(value: T): Operator<T> {
  return operator({ kind: 'compare', operator: '<=', value });
}

/** Matches all values but this one; `not(null)` those that are there. Unlike SQL's `<>`, it matches rows without a value. */
export function not<T extends number | bigint | string | boolean | Date | null>(value: T): Operator<T> {
  return operator({ kind: 'not', value });
}

/** Matches any of the values; `id__in=[1, 2]` in Tortoise. No values match nothing. */
export function oneOf<T extends number | bigint | string | boolean | Date>(values: readonly T[]): Operator<T> {
  return operator({ kind: 'oneOf', values, negated: false });
}

/** Matches all but these values, rows without a value included. */
export function noneOf<T extends number | bigint | string | boolean | Date>(values: readonly T[]): Operator<T> {
  return operator({ kind: 'oneOf', values, negated: true });
}

/** Options of `contains`, `startsWith` and `endsWith`. */
export interface TextOptions {
  /** Whether `a` matches `A`. SQLite knows the case of ASCII letters only. Default `false`. */
  readonly ignoreCase?: boolean;
}

/**
 * Matches texts that have this one in them. `%`, `_` and `*` stand for themselves.
 *
 * @example
 * ```ts
 * await User.filter({ name: contains(term, { ignoreCase: true }) });
 * ```
 */
export function contains(text: string, { ignoreCase = false }: TextOptions = {}): Operator<string> {
  return operator({ kind: 'text', before: true, text, after: true, ignoreCase });
}

/** Matches texts that begin with this one. */
export function startsWith(text: string, { ignoreCase = false }: TextOptions = {}): Operator<string> {
  return operator({ kind: 'text', before: false, text, after: true, ignoreCase });
}

/** Matches texts that end with this one. */
export function endsWith(text: string, { ignoreCase = false }: TextOptions = {}): Operator<string> {
  return operator({ kind: 'text', before: true, text, after: false, ignoreCase });
}
