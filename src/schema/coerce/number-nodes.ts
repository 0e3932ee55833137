import type { Loc } from '../issues/issue.ts';
import { mostDigits } from '../json/exact-integers.ts';
import type { JsonSchema } from '../json/json-schema.ts';
import { becomesMark, boundsMark } from '../json/marks.ts';
import { parseBigint, parseInteger, parseNumber } from './numbers.ts';
import { isOver, type Node, report, type Walk } from './walk.ts';

type Check<N> = (value: N, input: unknown, loc: Loc, walk: Walk) => boolean;

// Schemas of safe integers say so with these bounds; a value beyond them is too large, not out of a range that somebody chose.
const isImplicit = (bound: number): boolean => Math.abs(bound) >= Number.MAX_SAFE_INTEGER;

/** Pydantic's constraints on numbers: the key of its `ctx`, its type and its words. */
const constraints = {
  multiple_of: ['multiple_of', 'a multiple of'],
  le: ['less_than_equal', 'less than or equal to'],
  lt: ['less_than', 'less than'],
  ge: ['greater_than_equal', 'greater than or equal to'],
  gt: ['greater_than', 'greater than'],
} as const;

/** A constraint's key in Pydantic. */
export type Constraint = keyof typeof constraints;

/** Pydantic's words for a constraint on a number, a date or the like that does not hold. */
export function boundWords(
  key: Constraint,
  bound: unknown,
): { type: string; msg: string; ctx: Record<string, unknown> } {
  const [type, words] = constraints[key];
  return { type, msg: `Input should be ${words} ${bound}`, ctx: { [key]: bound } };
}

function outOfBounds(walk: Walk, loc: Loc, key: Constraint, bound: unknown, input: unknown): unknown {
  const { type, msg, ctx } = boundWords(key, bound);
  return report(walk, loc, type, msg, input, ctx);
}

/** Compiles the constraints on a number, in Pydantic's order. */
function numberChecks(json: JsonSchema): Check<number>[] {
  const checks: Check<number>[] = [];
  const add = (key: Constraint, bound: number | undefined, holds: (value: number, bound: number) => boolean): void => {
    if (bound === undefined || isImplicit(bound)) return;
    checks.push((value, input, loc, walk) => {
      const isFine = holds(value, bound);
      if (!isFine) outOfBounds(walk, loc, key, bound, input);
      return isFine;
    });
  };
  add('multiple_of', json.multipleOf, (value, bound) => Math.abs(value / bound - Math.round(value / bound)) < 1e-9);
  add('le', json.maximum, (value, bound) => value <= bound);
  add('lt', json.exclusiveMaximum, (value, bound) => value < bound);
  add('ge', json.minimum, (value, bound) => value >= bound);
  add('gt', json.exclusiveMinimum, (value, bound) => value > bound);
  return checks;
}

const largestInteger = 2 ** 63;

/** Compiles an integer, or a bigint. */
export function integerNode(json: JsonSchema): Node {
  return json[becomesMark] === 'bigint' ? bigintNode(json) : plainIntegerNode(json);
}

function isNoInteger(walk: Walk, loc: Loc, input: unknown): unknown {
  const parsing = walk.lax && typeof input === 'string';
  const msg = 'Input should be a valid integer';
  if (parsing) return report(walk, loc, 'int_parsing', `${msg}, unable to parse string as an integer`, input);
  return report(walk, loc, 'int_type', msg, input);
}

function isTooLarge(walk: Walk, loc: Loc, input: unknown): unknown {
  const msg = 'Unable to parse input string as an integer, exceeded maximum size';
  return report(walk, loc, 'int_parsing_size', msg, input);
}

function isFractional(walk: Walk, loc: Loc, input: unknown): unknown {
  const msg = 'Input should be a valid integer, got a number with a fractional part';
  return report(walk, loc, 'int_from_float', msg, input);
}

function isInfinite(walk: Walk, loc: Loc, input: unknown): unknown {
  return report(walk, loc, 'finite_number', 'Input should be a finite number', input);
}

type Bounds = readonly (readonly [key: Constraint, bound: string])[];

// JSON has no bigints: what is a whole number becomes one, in every mode.
function bigintNode(json: JsonSchema): Node {
  const checks = ((json[boundsMark] as Bounds | undefined) ?? []).map(([key, text]): Check<bigint> => {
    const bound = BigInt(text);
    const holds = bigintHolds[key];
    return (value, input, loc, walk) => {
      const isFine = holds(value, bound);
      if (!isFine) outOfBounds(walk, loc, key, bound, input);
      return isFine;
    };
  });
  return (input, loc, walk) => {
    const value = wholeNumber(input, loc, walk);
    if (typeof value === 'bigint') checks.every((check) => check(value, input, loc, walk));
    return value;
  };
}

const bigintHolds: Readonly<Record<Constraint, (value: bigint, bound: bigint) => boolean>> = {
  multiple_of: (value, bound) => bound === 0n || value % bound === 0n,
  le: (value, bound) => value <= bound,
  lt: (value, bound) => value < bound,
  ge: (value, bound) => value >= bound,
  gt: (value, bound) => value > bound,
};

function wholeNumber(input: unknown, loc: Loc, walk: Walk): unknown {
  if (typeof input === 'bigint') return input;
  if (walk.lax && typeof input === 'boolean') return BigInt(input);
  if (walk.lax && typeof input === 'string') {
    if (input.length > mostDigits) return isTooLarge(walk, loc, input);
    return parseBigint(input) ?? isNoInteger(walk, loc, input);
  }
  if (typeof input !== 'number') return isNoInteger(walk, loc, input);
  if (!Number.isFinite(input)) return isInfinite(walk, loc, input);
  return Number.isInteger(input) ? BigInt(input) : isFractional(walk, loc, input);
}

function plainIntegerNode(json: JsonSchema): Node {
  const checks = numberChecks(json);
  const { minimum = 0, maximum = 0 } = json;
  // What a schema of safe integers refuses; others may well take it.
  const isUnsafe = (value: number): boolean =>
    (isImplicit(maximum) && value > Number.MAX_SAFE_INTEGER) ||
    (isImplicit(minimum) && value < Number.MIN_SAFE_INTEGER);
  return (input, loc, walk) => {
    // A number of JSON that a number does not hold; it stays too large.
    const value = typeof input === 'bigint' ? Number(input) : walk.lax ? laxNumber(input, parseInteger) : input;
    if (typeof value !== 'number') return isNoInteger(walk, loc, input);
    if (!Number.isFinite(value)) return isInfinite(walk, loc, input);
    if (!Number.isInteger(value)) return isFractional(walk, loc, input);
    const before = walk.issues.length;
    if (typeof input === 'string' || Math.abs(value) < largestInteger)
      checks.every((check) => check(value, input, loc, walk));
    if ((isUnsafe(value) || Math.abs(value) >= largestInteger) && walk.issues.length === before && !isOver(walk))
      isTooLarge(walk, loc, input);
    return value;
  };
}

/** Compiles a number. */
export function numberNode(json: JsonSchema): Node {
  const checks = numberChecks(json);
  return (input, loc, walk) => {
    // As Pydantic's float: the nearest number.
    const value = typeof input === 'bigint' ? Number(input) : walk.lax ? laxNumber(input, parseNumber) : input;
    const msg = 'Input should be a valid number';
    if (walk.lax && typeof value === 'string')
      return report(walk, loc, 'float_parsing', `${msg}, unable to parse string as a number`, input);
    if (typeof value !== 'number') return report(walk, loc, 'float_type', msg, input);
    if (!Number.isFinite(value)) return isInfinite(walk, loc, input);
    checks.every((check) => check(value, input, loc, walk));
    return value;
  };
}

function laxNumber(input: unknown, parse: (text: string) => number | undefined): unknown {
  if (typeof input === 'boolean') return Number(input);
  return typeof input === 'string' ? (parse(input) ?? input) : input;
}
