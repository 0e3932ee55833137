import { isFile, type JsonSchema } from '../json/json-schema.ts';
import { becomesMark, literalMark } from '../json/marks.ts';
import type { Format } from './format.ts';
import { formats, momentOfNumber, momentOfText } from './formats.ts';
import { parseBigint, parseBoolean, parseNumber } from './numbers.ts';
import { type Node, report } from './walk.ts';
import { choiceWords, patternWords, textLengthWords, unread, wrongType } from './words.ts';

export const booleanNode: Node = (input, walk) => {
  if (typeof input === 'boolean') return input;
  const isText = typeof input === 'string';
  if (!walk.lax || !(isText || Number.isSafeInteger(input))) return report(walk, input, wrongType.boolean);
  const truth = isText ? parseBoolean(input) : input === 0 ? false : input === 1 ? true : undefined;
  return truth ?? report(walk, input, unread.boolean);
};

export const nullNode: Node = (input, walk) => (input === null ? null : report(walk, input, wrongType.null));

// An integer that a number does not hold is the nearest number where nobody asked for a bigint.
export const anyNode: Node = (input) => (typeof input === 'bigint' ? Number(input) : input);

/** A place that takes nothing. */
export const neverNode: Node = (input, walk) => report(walk, input, wrongType.never);

export function stringNode(json: JsonSchema): Node {
  const format = json.format === undefined ? undefined : formats[json.format];
  if (format !== undefined) return json[becomesMark] === 'date' ? dateNode(format) : formatNode(format);
  const { minLength = 0, maxLength = Number.POSITIVE_INFINITY, pattern } = json;
  const expression = pattern === undefined ? undefined : compilePattern(pattern);
  const takesFiles = isFile(json);
  return (input, walk) => {
    // What is wrong with a file, only its own schema can tell.
    if (takesFiles && input instanceof Blob) return input;
    if (typeof input !== 'string') return report(walk, input, wrongType.string);
    // Of its units each is half a code point at least.
    const isInBounds = input.length <= maxLength && input.length >= 2 * minLength;
    const length = isInBounds ? minLength : lengthOf(input);
    if (length < minLength) return report(walk, input, textLengthWords(true, minLength));
    if (length > maxLength) return report(walk, input, textLengthWords(false, maxLength));
    if (expression !== undefined && !expression.test(input)) return report(walk, input, patternWords(pattern!));
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
  return (input, walk) => {
    const made =
      typeof input === 'string'
        ? momentOfText(input, walk.lax)
        : walk.lax && typeof input === 'number'
          ? momentOfNumber(input)
          : wrongType;
    return made instanceof Date ? made : report(walk, input, made);
  };
}

/** A text in a format, or what else stands for one. */
export function formatNode(format: Format): Node {
  return (input, walk) => {
    if (format.fromDigits !== undefined && (typeof input === 'number' || typeof input === 'bigint')) {
      const made = format.fromDigits(input);
      return 'text' in made ? made.text : report(walk, input, made);
    }
    const isFlag = typeof input === 'boolean' && format.wrongType.type === 'time_delta_type';
    const number = isFlag || typeof input === 'bigint' ? Number(input) : input;
    const made =
      typeof input === 'string'
        ? format.read(input, walk.lax)
        : walk.lax && typeof number === 'number'
          ? format.fromNumber?.(number)
          : undefined;
    const refused = made ?? format.wrongType;
    if ('text' in refused) return walk.lax ? refused.text : input;
    return report(walk, input, refused);
  };
}

/** A schema that lists its values: an enumeration, or literals. */
export function choiceNode(json: JsonSchema): Node {
  const values = 'const' in json ? [json.const] : (json.enum ?? []);
  const isLiteral = 'const' in json || json[literalMark] === true;
  const words = choiceWords(values, isLiteral ? 'literal_error' : 'enum');
  const isBig = json[becomesMark] === 'bigint';
  return (input, walk) => {
    if (isBig) {
      const whole = wholeOf(input, walk.lax);
      if (whole !== undefined && values.some((value) => typeof value === 'number' && BigInt(value) === whole))
        return whole;
    }
    if (values.includes(input)) return input;
    const same = walk.lax && typeof input === 'string' ? valueOfText(input, values) : undefined;
    return same ?? report(walk, input, words);
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
