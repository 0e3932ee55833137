import { type Format, formats, momentOfNumber, momentOfText } from './formats.ts';
import type { Loc } from './issue.ts';
import { isFile, type JsonSchema } from './json-schema.ts';
import { becomesMark, literalMark } from './library-options.ts';
import { parseBoolean, parseInteger, parseNumber } from './numbers.ts';
import { type Node, report, type Walk } from './walk.ts';

type Check = (value: number, input: unknown, loc: Loc, walk: Walk) => boolean;

// Schemas of safe integers say so with these bounds; a value beyond them is too large, not out of a range that somebody chose.
const isImplicit = (bound: number): boolean => Math.abs(bound) >= Number.MAX_SAFE_INTEGER;

/** Compiles the constraints on a number, in Pydantic's order. */
function numberChecks(json: JsonSchema): Check[] {
  const checks: Check[] = [];
  const add = (
    key: string,
    bound: number | undefined,
    type: string,
    words: string,
    holds: (value: number, bound: number) => boolean,
  ): void => {
    if (bound === undefined || isImplicit(bound)) return;
    checks.push(
      (value, input, loc, walk) =>
        holds(value, bound) ||
        report(walk, loc, type, `Input should be ${words} ${bound}`, input, { [key]: bound }) === walk,
    );
  };
  add(
    'multiple_of',
    json.multipleOf,
    'multiple_of',
    'a multiple of',
    (value, bound) => Math.abs(value / bound - Math.round(value / bound)) < 1e-9,
  );
  add('le', json.maximum, 'less_than_equal', 'less than or equal to', (value, bound) => value <= bound);
  add('lt', json.exclusiveMaximum, 'less_than', 'less than', (value, bound) => value < bound);
  add('ge', json.minimum, 'greater_than_equal', 'greater than or equal to', (value, bound) => value >= bound);
  add('gt', json.exclusiveMinimum, 'greater_than', 'greater than', (value, bound) => value > bound);
  return checks;
}

function constrained(checks: readonly Check[], value: number, input: unknown, loc: Loc, walk: Walk): number {
  checks.every((check) => check(value, input, loc, walk));
  return value;
}

const largestInteger = 2 ** 63;

export function integerNode(json: JsonSchema): Node {
  const node = plainIntegerNode(json);
  return json[becomesMark] === 'bigint' ? bigintNode(node) : node;
}

// JSON has no bigints: what is a whole number becomes one, in every mode. More digits than Python reads (4,300) are none here either.
function bigintNode(node: Node): Node {
  return (input, loc, walk) => {
    if (walk.lax && typeof input === 'string' && /^-?\d{1,4300}$/.test(input)) return BigInt(input);
    const value = node(input, loc, walk);
    return typeof value === 'number' && Number.isInteger(value) ? BigInt(value) : value;
  };
}

function plainIntegerNode(json: JsonSchema): Node {
  const checks = numberChecks(json);
  return (input, loc, walk) => {
    if (typeof input === 'bigint') return input;
    const value = walk.lax ? laxNumber(input, parseInteger) : input;
    if (walk.lax && typeof value === 'string')
      return report(
        walk,
        loc,
        'int_parsing',
        'Input should be a valid integer, unable to parse string as an integer',
        input,
      );
    if (typeof value !== 'number') return report(walk, loc, 'int_type', 'Input should be a valid integer', input);
    if (!Number.isFinite(value)) return report(walk, loc, 'finite_number', 'Input should be a finite number', input);
    if (!Number.isInteger(value))
      return report(
        walk,
        loc,
        'int_from_float',
        'Input should be a valid integer, got a number with a fractional part',
        input,
      );
    const found = walk.issues.length;
    if (typeof input === 'string' || Math.abs(value) < largestInteger) constrained(checks, value, input, loc, walk);
    if (Math.abs(value) >= largestInteger && walk.issues.length === found) {
      report(walk, loc, 'int_parsing_size', 'Unable to parse input string as an integer, exceeded maximum size', input);
    }
    return value;
  };
}

export function numberNode(json: JsonSchema): Node {
  const checks = numberChecks(json);
  return (input, loc, walk) => {
    const value = walk.lax ? laxNumber(input, parseNumber) : input;
    if (walk.lax && typeof value === 'string')
      return report(
        walk,
        loc,
        'float_parsing',
        'Input should be a valid number, unable to parse string as a number',
        input,
      );
    if (typeof value !== 'number') return report(walk, loc, 'float_type', 'Input should be a valid number', input);
    if (!Number.isFinite(value)) return report(walk, loc, 'finite_number', 'Input should be a finite number', input);
    return constrained(checks, value, input, loc, walk);
  };
}

function laxNumber(input: unknown, parse: (text: string) => number | undefined): unknown {
  if (typeof input === 'boolean') return Number(input);
  return typeof input === 'string' ? (parse(input) ?? input) : input;
}

export const booleanNode: Node = (input, loc, walk) => {
  if (typeof input === 'boolean') return input;
  const parsing = (): unknown =>
    report(walk, loc, 'bool_parsing', 'Input should be a valid boolean, unable to interpret input', input);
  if (walk.lax && typeof input === 'string') return parseBoolean(input) ?? parsing();
  if (walk.lax && typeof input === 'number' && Number.isSafeInteger(input))
    return input === 0 ? false : input === 1 ? true : parsing();
  return report(walk, loc, 'bool_type', 'Input should be a valid boolean', input);
};

export const nullNode: Node = (input, loc, walk) =>
  input === null ? null : report(walk, loc, 'none_required', 'Input should be None', input);

export const anyNode: Node = (input) => input;

export function stringNode(json: JsonSchema): Node {
  const format = json.format === undefined ? undefined : formats[json.format];
  if (format !== undefined) return json[becomesMark] === 'date' ? dateNode(format) : formatNode(format);
  const { minLength, maxLength, pattern } = json;
  const expression = pattern === undefined ? undefined : compilePattern(pattern);
  const takesFiles = isFile(json);
  return (input, loc, walk) => {
    // What is wrong with a file, only its own schema can tell.
    if (takesFiles && input instanceof Blob) return input;
    if (typeof input !== 'string') return report(walk, loc, 'string_type', 'Input should be a valid string', input);
    const length = minLength === undefined && maxLength === undefined ? 0 : lengthOf(input);
    if (minLength !== undefined && length < minLength) {
      return report(
        walk,
        loc,
        'string_too_short',
        `String should have at least ${minLength} character${minLength === 1 ? '' : 's'}`,
        input,
        { min_length: minLength },
      );
    }
    if (maxLength !== undefined && length > maxLength) {
      return report(
        walk,
        loc,
        'string_too_long',
        `String should have at most ${maxLength} character${maxLength === 1 ? '' : 's'}`,
        input,
        { max_length: maxLength },
      );
    }
    if (expression !== undefined && !expression.test(input)) {
      return report(walk, loc, 'string_pattern_mismatch', `String should match pattern '${pattern}'`, input, {
        pattern,
      });
    }
    return input;
  };
}

// Pydantic counts code points.
function lengthOf(text: string): number {
  let length = 0;
  for (const _ of text) length++;
  return length;
}

function compilePattern(pattern: string): RegExp | undefined {
  for (const flags of ['u', '']) {
    try {
      return new RegExp(pattern, flags);
    } catch {}
  }
  return undefined;
}

// JSON has no dates: a text in the right form becomes one, in every mode.
function dateNode({ wrongType }: Format): Node {
  return (input, loc, walk) => {
    const made =
      typeof input === 'string'
        ? momentOfText(input, walk.lax)
        : walk.lax && typeof input === 'number'
          ? momentOfNumber(input)
          : wrongType;
    return made instanceof Date ? made : report(walk, loc, made.type, made.msg, input, made.ctx);
  };
}

function formatNode(format: Format): Node {
  return (input, loc, walk) => {
    const number =
      typeof input === 'boolean' && format.fromNumber !== undefined && format.wrongType.type === 'time_delta_type'
        ? Number(input)
        : input;
    const made =
      typeof input === 'string'
        ? format.read(input, walk.lax)
        : walk.lax && typeof number === 'number'
          ? format.fromNumber?.(number)
          : undefined;
    const refused = made ?? format.wrongType;
    if ('text' in refused) return walk.lax ? refused.text : input;
    return report(walk, loc, refused.type, refused.msg, input, refused.ctx);
  };
}

/** A schema that lists its values: an enumeration, or literals. */
export function choiceNode(json: JsonSchema): Node {
  const values = 'const' in json ? [json.const] : (json.enum ?? []);
  const type = 'const' in json || json[literalMark] === true ? 'literal_error' : 'enum';
  const quoted = values.map((value) => (typeof value === 'string' ? `'${value}'` : String(value)));
  const expected = quoted.length < 2 ? quoted.join('') : `${quoted.slice(0, -1).join(', ')} or ${quoted.at(-1)}`;
  return (input, loc, walk) => {
    if (values.includes(input)) return input;
    const same =
      walk.lax && typeof input === 'string'
        ? values.find((value) => typeof value === 'number' && value === parseNumber(input))
        : undefined;
    return same ?? report(walk, loc, type, `Input should be ${expected}`, input, { expected });
  };
}
