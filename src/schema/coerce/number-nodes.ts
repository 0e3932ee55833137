import { mostDigits } from '../json/exact-integers.ts';
import type { JsonSchema } from '../json/json-schema.ts';
import { becomesMark, boundsMark } from '../json/marks.ts';
import { parseBigint, parseInteger, parseNumber } from './numbers.ts';
import { isOver, type Node, report, type Walk } from './walk.ts';
import { boundWords, type Constraint, fractional, infinite, tooLarge, unread, wrongType } from './words.ts';

type Check<N> = (value: N, input: unknown, walk: Walk) => boolean;

// Schemas of safe integers say so with these bounds; a value beyond them is too large, not out of a range that somebody chose.
const isImplicit = (bound: number): boolean => Math.abs(bound) >= Number.MAX_SAFE_INTEGER;

function checkOf<N>(key: Constraint, bound: N, holds: (value: N, bound: N) => boolean): Check<N> {
  return (value, input, walk) => {
    const isFine = holds(value, bound);
    if (!isFine) report(walk, input, boundWords(key, bound));
    return isFine;
  };
}

/** Compiles the constraints on a number, in Pydantic's order. */
function numberChecks(json: JsonSchema): Check<number>[] {
  const checks: Check<number>[] = [];
  const add = (key: Constraint, bound: number | undefined, holds: (value: number, bound: number) => boolean): void => {
    if (bound !== undefined && !isImplicit(bound)) checks.push(checkOf(key, bound, holds));
  };
  add('multiple_of', json.multipleOf, (value, bound) => Math.abs(value / bound - Math.round(value / bound)) < 1e-9);
  add('le', json.maximum, (value, bound) => value <= bound);
  add('lt', json.exclusiveMaximum, (value, bound) => value < bound);
  add('ge', json.minimum, (value, bound) => value >= bound);
  add('gt', json.exclusiveMinimum, (value, bound) => value > bound);
  return checks;
}

const largestInteger = 2 ** 63;

export function integerNode(json: JsonSchema): Node {
  return json[becomesMark] === 'bigint' ? bigintNode(json) : plainIntegerNode(json);
}

function isNoInteger(walk: Walk, input: unknown): unknown {
  return report(walk, input, walk.lax && typeof input === 'string' ? unread.int : wrongType.int);
}

type Bounds = readonly (readonly [key: Constraint, bound: string])[];

// JSON has no bigints: what is a whole number becomes one, in every mode.
function bigintNode(json: JsonSchema): Node {
  const bounds = (json[boundsMark] ?? []) as Bounds;
  const checks = bounds.map(([key, bound]) => checkOf(key, BigInt(bound), bigintHolds[key]));
  return (input, walk) => {
    const value = wholeNumber(input, walk);
    if (typeof value === 'bigint') checks.every((check) => check(value, input, walk));
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

function wholeNumber(input: unknown, walk: Walk): unknown {
  if (typeof input === 'bigint') return input;
  if (walk.lax && typeof input === 'boolean') return BigInt(input);
  if (walk.lax && typeof input === 'string') {
    if (input.length > mostDigits) return report(walk, input, tooLarge);
    return parseBigint(input) ?? isNoInteger(walk, input);
  }
  if (typeof input !== 'number') return isNoInteger(walk, input);
  if (!Number.isFinite(input)) return report(walk, input, infinite);
  return Number.isInteger(input) ? BigInt(input) : report(walk, input, fractional);
}

function plainIntegerNode(json: JsonSchema): Node {
  const checks = numberChecks(json);
  const { minimum = 0, maximum = 0 } = json;
  // What a schema of safe integers refuses; others may well take it.
  const isUnsafe = (value: number): boolean =>
    (isImplicit(maximum) && value > Number.MAX_SAFE_INTEGER) ||
    (isImplicit(minimum) && value < Number.MIN_SAFE_INTEGER);
  return (input, walk) => {
    // A number of JSON that a number does not hold; it stays too large.
    const value = typeof input === 'bigint' ? Number(input) : walk.lax ? laxNumber(input, parseInteger) : input;
    if (typeof value !== 'number') return isNoInteger(walk, input);
    if (!Number.isFinite(value)) return report(walk, input, infinite);
    if (!Number.isInteger(value)) return report(walk, input, fractional);
    const before = walk.issues.length;
    if (typeof input === 'string' || Math.abs(value) < largestInteger)
      checks.every((check) => check(value, input, walk));
    if ((isUnsafe(value) || Math.abs(value) >= largestInteger) && walk.issues.length === before && !isOver(walk))
      report(walk, input, tooLarge);
    return value;
  };
}

export function numberNode(json: JsonSchema): Node {
  const checks = numberChecks(json);
  return (input, walk) => {
    // As Pydantic's float: the nearest number.
    const value = typeof input === 'bigint' ? Number(input) : walk.lax ? laxNumber(input, parseNumber) : input;
    if (typeof value !== 'number')
      return report(walk, input, walk.lax && typeof value === 'string' ? unread.number : wrongType.number);
    if (!Number.isFinite(value)) return report(walk, input, infinite);
    checks.every((check) => check(value, input, walk));
    return value;
  };
}

function laxNumber(input: unknown, parse: (text: string) => number | undefined): unknown {
  if (typeof input === 'boolean') return Number(input);
  return typeof input === 'string' ? (parse(input) ?? input) : input;
}
