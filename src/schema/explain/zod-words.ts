import type { StandardSchemaV1 } from '@standard-schema/spec';
import { formats } from '../coerce/formats.ts';
import { boundWords } from '../coerce/number-nodes.ts';
import { quoted } from '../coerce/scalar-nodes.ts';
import { stepsOf, valueAt } from '../issues/issue-path.ts';
import { type Explained, libraryWords, missing, saysAbsent, type Words } from './words.ts';

/** An issue of Zod, as far as it is read here. Issues of other libraries have other members, or other values in them. */
export interface ZodIssue extends StandardSchemaV1.Issue {
  readonly code?: string;
  readonly expected?: unknown;
  readonly received?: unknown;
  readonly origin?: string;
  readonly minimum?: number | bigint;
  readonly maximum?: number | bigint;
  readonly inclusive?: boolean;
  readonly divisor?: number | bigint;
  readonly format?: string;
  readonly pattern?: string;
  readonly prefix?: string;
  readonly suffix?: string;
  readonly includes?: string;
  readonly note?: string;
  readonly values?: readonly unknown[];
  readonly keys?: readonly string[];
  readonly issues?: readonly ZodIssue[];
  readonly errors?: readonly (readonly ZodIssue[])[];
  readonly discriminator?: string;
  readonly options?: readonly unknown[];
}

/** What Zod found, in Pydantic's words. */
export function zodWords(issue: ZodIssue, found: Explained): readonly Words[] | undefined {
  const words = translators[issue.code ?? '']?.(issue, found);
  return words === undefined || Array.isArray(words) ? (words as readonly Words[] | undefined) : [words as Words];
}

/** What is wrong inside of an issue, each in Pydantic's words or in Zod's. */
function innerWords(issue: ZodIssue, found: Explained): readonly Words[] {
  const path = stepsOf(issue);
  const input = valueAt(found.input, path);
  const words = saysAbsent(issue) ? [missing] : zodWords(issue, { ...found, input, type: undefined });
  return (words ?? [libraryWords(issue.message)]).map((one) => ({ ...one, below: [...path, ...(one.below ?? [])] }));
}

type Translator = (issue: ZodIssue, found: Explained) => Words | readonly Words[] | undefined;

const translators: Readonly<Record<string, Translator>> = {
  invalid_type: typeWords,
  too_small: (issue, found) => rangeWords(issue, found, issue.minimum, 'ge', 'gt'),
  too_big: (issue, found) => rangeWords(issue, found, issue.maximum, 'le', 'lt'),
  not_multiple_of: ({ divisor }) => boundWords('multiple_of', divisor),
  invalid_format: formatWords,
  invalid_value: valueWords,
  unrecognized_keys: ({ keys = [] }) =>
    keys.map((key) => ({ type: 'extra_forbidden', msg: 'Extra inputs are not permitted', below: [key] })),
  invalid_union: unionWords,
  invalid_key: ({ issues = [] }, found) =>
    issues.flatMap((issue) => innerWords(issue, found)).map((words) => ({ ...words, below: ['[key]'] })),
};

const types: Readonly<Record<string, Words>> = {
  string: { type: 'string_type', msg: 'Input should be a valid string' },
  number: { type: 'float_type', msg: 'Input should be a valid number' },
  int: { type: 'int_type', msg: 'Input should be a valid integer' },
  bigint: { type: 'int_type', msg: 'Input should be a valid integer' },
  boolean: { type: 'bool_type', msg: 'Input should be a valid boolean' },
  date: { type: 'datetime_type', msg: 'Input should be a valid datetime' },
  array: { type: 'list_type', msg: 'Input should be a valid list' },
  tuple: { type: 'tuple_type', msg: 'Input should be a valid tuple' },
  set: { type: 'set_type', msg: 'Input should be a valid set' },
  record: { type: 'dict_type', msg: 'Input should be a valid dictionary' },
  map: { type: 'dict_type', msg: 'Input should be a valid dictionary' },
  null: { type: 'none_required', msg: 'Input should be None' },
  never: { type: 'extra_forbidden', msg: 'Extra inputs are not permitted' },
  nonoptional: missing,
  object: {
    type: 'model_attributes_type',
    msg: 'Input should be a valid dictionary or object to extract fields from',
  },
};

// Of texts, where texts are read.
const unread: Readonly<Record<string, Words>> = {
  number: {
    type: 'float_parsing',
    msg: 'Input should be a valid number, unable to parse string as a number',
  },
  int: { type: 'int_parsing', msg: 'Input should be a valid integer, unable to parse string as an integer' },
  bigint: { type: 'int_parsing', msg: 'Input should be a valid integer, unable to parse string as an integer' },
  boolean: { type: 'bool_parsing', msg: 'Input should be a valid boolean, unable to interpret input' },
};

/** Of a value of another type. */
export function typeWords({ expected, received }: ZodIssue, { input, lax, type }: Explained): Words | undefined {
  const name = expected === 'number' && type === 'integer' ? 'int' : String(expected);
  if (name === 'int' && typeof input === 'number' && Number.isFinite(input)) return fractional;
  if (typeof input === 'string' && (lax || received === 'NaN') && unread[name] !== undefined) return unread[name];
  if (name === 'number' && typeof input === 'number') return infinite;
  if (name === 'file') return fileWords("Expected UploadFile, received: <class 'str'>");
  return types[name];
}

/** Of a number that is no integer. */
export const fractional: Words = {
  type: 'int_from_float',
  msg: 'Input should be a valid integer, got a number with a fractional part',
};
/** Of a number that JSON has not. */
export const infinite: Words = { type: 'finite_number', msg: 'Input should be a finite number' };
const tooLarge: Words = {
  type: 'int_parsing_size',
  msg: 'Unable to parse input string as an integer, exceeded maximum size',
};

function rangeWords(
  { origin, inclusive = true }: ZodIssue,
  { input }: Explained,
  bound: number | bigint | undefined,
  including: 'ge' | 'le',
  excluding: 'gt' | 'lt',
): Words | undefined {
  if (bound === undefined) return undefined;
  const isLeast = including === 'ge';
  const count = Number(bound) + (inclusive ? 0 : isLeast ? 1 : -1);
  switch (origin) {
    case 'number':
    case 'int':
    case 'bigint':
      if (origin !== 'bigint' && Math.abs(Number(bound)) === Number.MAX_SAFE_INTEGER) return tooLarge;
      return boundWords(inclusive ? including : excluding, bound);
    case 'date':
      return boundWords(inclusive ? including : excluding, new Date(Number(bound)).toISOString().replace('.000Z', 'Z'));
    case 'string':
      return {
        type: isLeast ? 'string_too_short' : 'string_too_long',
        msg: `String should have at ${isLeast ? 'least' : 'most'} ${count} character${count === 1 ? '' : 's'}`,
        ctx: { [isLeast ? 'min_length' : 'max_length']: count },
      };
    case 'array':
    case 'set':
      return lengthWords(origin === 'set' ? 'Set' : 'List', isLeast, count, input);
    case 'file':
      return fileWords(`File should have at ${isLeast ? 'least' : 'most'} ${count} byte${count === 1 ? '' : 's'}`);
    default:
      return undefined;
  }
}

function lengthWords(what: string, isLeast: boolean, bound: number, input: unknown): Words {
  const length = Array.isArray(input) ? input.length : null;
  const key = isLeast ? 'min_length' : 'max_length';
  return {
    type: isLeast ? 'too_short' : 'too_long',
    msg: `${what} should have at ${isLeast ? 'least' : 'most'} ${bound} item${bound === 1 ? '' : 's'} after validation, not ${length ?? 'more'}`,
    ctx: { field_type: what, [key]: bound, actual_length: length },
  };
}

// Pydantic knows no files.
function fileWords(error: string): Words {
  return { type: 'value_error', msg: `Value error, ${error}`, ctx: { error } };
}

const formatNames: Readonly<Record<string, string>> = { datetime: 'date-time', url: 'uri', guid: 'uuid' };

/** Of a text in another form. */
export function formatWords(issue: ZodIssue, { input, lax }: Explained): Words | undefined {
  const { format = '', pattern } = issue;
  const name = formatNames[format] ?? format;
  const known = formats[name];
  const read = typeof input === 'string' ? known?.read(input, lax) : known?.wrongType;
  if (read !== undefined && !('text' in read)) return read;
  if (name === 'uri') return urlWords(issue, String(input));
  if (name === 'date-time') return zoneWords(String(input));
  const version = name === 'uuid' ? /-([1-8])\[0-9a-fA-F\]\{3\}/.exec(pattern ?? '')?.[1] : undefined;
  if (version !== undefined)
    return {
      type: 'uuid_version',
      msg: `UUID version ${version} expected`,
      ctx: { expected_version: Number(version) },
    };
  const source = patternOf(issue);
  if (source === undefined) return undefined;
  return { type: 'string_pattern_mismatch', msg: `String should match pattern '${source}'`, ctx: { pattern: source } };
}

function patternOf({ pattern, prefix, suffix, includes }: ZodIssue): string | undefined {
  if (prefix !== undefined) return `^${escaped(prefix)}`;
  if (suffix !== undefined) return `${escaped(suffix)}$`;
  if (includes !== undefined) return escaped(includes);
  // As JSON Schema has it, without slashes and flags.
  return pattern === undefined ? undefined : (/^\/(.*)\/[a-z]*$/s.exec(pattern)?.[1] ?? pattern);
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}

function urlWords({ note, pattern = '' }: ZodIssue, text: string): Words {
  const schemes = /^\/?\^?(\w+?)(s\?)?\$?\/?$/.exec(pattern);
  // Of web addresses Zod says only that the form is wrong.
  const isOtherScheme = note === 'Invalid URL format' && !/^https?:/i.test(text);
  if ((note === 'Invalid protocol' && schemes !== null) || isOtherScheme) {
    const [, name = 'http', plural] = schemes ?? [];
    const expected = plural === undefined && !isOtherScheme ? `'${name}'` : `'${name}' or '${name}s'`;
    return { type: 'url_scheme', msg: `URL scheme should be ${expected}`, ctx: { expected_schemes: expected } };
  }
  const error = 'invalid international domain name';
  return { type: 'url_parsing', msg: `Input should be a valid URL, ${error}`, ctx: { error } };
}

// A moment that can be read, in another form than the schema wants.
function zoneWords(text: string): Words {
  if (!/(?:Z|[+-]\d\d:?\d\d)$/i.test(text)) return { type: 'timezone_aware', msg: 'Input should have timezone info' };
  const error = 'unexpected extra characters at the end of the input';
  return { type: 'datetime_parsing', msg: `Input should be a valid datetime, ${error}`, ctx: { error } };
}

// Where its JSON Schema has not told: what is wrong with each alternative.
function unionWords(
  { errors = [], discriminator, options = [] }: ZodIssue,
  found: Explained,
): readonly Words[] | undefined {
  if (discriminator !== undefined) {
    const expected = options.map((option) => `'${String(option)}'`).join(', ');
    const tag = typeof found.input === 'object' ? '{…}' : String(found.input);
    const msg = `Input tag '${tag}' found using '${discriminator}' does not match any of the expected tags: ${expected}`;
    const ctx = { discriminator: `'${discriminator}'`, tag, expected_tags: expected };
    return [{ type: 'union_tag_invalid', msg, ctx }];
  }
  if (errors.length === 0) return undefined;
  return errors.flat().flatMap((issue) => innerWords(issue, found));
}

function valueWords({ expected, values = [] }: ZodIssue, { input }: Explained): Words | undefined {
  if (expected === 'stringbool') return unread['boolean'];
  const shown = values.map(quoted);
  const list = shown.length < 2 ? shown.join('') : `${shown.slice(0, -1).join(', ')} or ${shown.at(-1)}`;
  if (input instanceof Blob) return fileWords(`File should be of type ${values.join(' or ')}`);
  return { type: 'literal_error', msg: `Input should be ${list}`, ctx: { expected: list } };
}
