import { isFile, type JsonSchema } from '../json/json-schema.ts';
import { becomesMark, literalMark } from '../json/marks.ts';
import type { Format } from './format.ts';
import { formats, momentOfNumber, momentOfText } from './formats.ts';
import { parseBigint, parseBoolean, parseNumber } from './numbers.ts';
import { type Node, report } from './walk.ts';

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

// An integer that a number does not hold is the nearest number where nobody asked for a bigint.
export const anyNode: Node = (input) => (typeof input === 'bigint' ? Number(input) : input);

/** A place that takes nothing. */
export const neverNode: Node = (input, loc, walk) =>
  report(walk, loc, 'extra_forbidden', 'Extra inputs are not permitted', input);

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

/** A value as Python shows it. */
export function quoted(value: unknown): string {
  if (typeof value === 'string') return `'${value}'`;
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  return value === null ? 'None' : String(value);
}

/** A schema that lists its values: an enumeration, or literals. */
export function choiceNode(json: JsonSchema): Node {
  const values = 'const' in json ? [json.const] : (json.enum ?? []);
  const type = 'const' in json || json[literalMark] === true ? 'literal_error' : 'enum';
  const shown = values.map(quoted);
  const expected = shown.length < 2 ? shown.join('') : `${shown.slice(0, -1).join(', ')} or ${shown.at(-1)}`;
  const isBig = json[becomesMark] === 'bigint';
  return (input, loc, walk) => {
    if (isBig) {
      const whole = wholeOf(input, walk.lax);
      if (whole !== undefined && values.some((value) => typeof value === 'number' && BigInt(value) === whole))
        return whole;
    }
    if (values.includes(input)) return input;
    const same = walk.lax && typeof input === 'string' ? valueOfText(input, values) : undefined;
    return same ?? report(walk, loc, type, `Input should be ${expected}`, input, { expected });
  };
}

function wholeOf(input: unknown, lax: boolean): bigint | undefined {
  if (typeof input === 'bigint') return input;
  if (typeof input === 'number') return Number.isInteger(input) ? BigInt(input) : undefined;
  return lax && typeof input === 'string' && input.length < 100 ? parseBigint(input) : undefined;
}

/** The number or boolean of a list that a text stands for. */
export function valueOfText(text: string, values: readonly unknown[]): unknown {
  const number = values.some((value) => typeof value === 'number') ? parseNumber(text) : undefined;
  if (number !== undefined && values.includes(number)) return number;
  const truth = values.some((value) => typeof value === 'boolean') ? parseBoolean(text) : undefined;
  return truth !== undefined && values.includes(truth) ? truth : undefined;
}
