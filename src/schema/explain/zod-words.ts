import type { StandardSchemaV1 } from '@standard-schema/spec';
import { refusal } from '../coerce/format.ts';
import { formats } from '../coerce/formats.ts';
import {
  boundWords,
  choiceWords,
  fractional,
  infinite,
  lengthWords,
  missing,
  patternWords,
  tagWords,
  textLengthWords,
  tooLarge,
  unread,
  type Words,
  wrongType,
} from '../coerce/words.ts';
import { stepsOf, valueAt } from '../issues/issue-path.ts';
import { type Explained, libraryWords, type PlacedWords, saysAbsent } from './words.ts';

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

export function zodWords(issue: ZodIssue, found: Explained): readonly PlacedWords[] | undefined {
  const words = translators[issue.code ?? '']?.(issue, found);
  return words === undefined || Array.isArray(words) ? (words as readonly PlacedWords[] | undefined) : [words as Words];
}

/** What is wrong inside of an issue, each in Pydantic's words or in Zod's. */
function innerWords(issue: ZodIssue, found: Explained): readonly PlacedWords[] {
  const path = stepsOf(issue);
  const input = valueAt(found.input, path);
  const words: readonly PlacedWords[] | undefined = saysAbsent(issue)
    ? [missing]
    : zodWords(issue, { ...found, input, type: undefined });
  return (words ?? [libraryWords(issue.message)]).map((one) => ({ ...one, below: [...path, ...(one.below ?? [])] }));
}

type Translator = (issue: ZodIssue, found: Explained) => Words | readonly PlacedWords[] | undefined;

const translators: Readonly<Record<string, Translator>> = {
  invalid_type: typeWords,
  too_small: (issue, found) => rangeWords(issue, found, issue.minimum, 'ge', 'gt'),
  too_big: (issue, found) => rangeWords(issue, found, issue.maximum, 'le', 'lt'),
  not_multiple_of: ({ divisor }) => boundWords('multiple_of', divisor),
  invalid_format: formatWords,
  invalid_value: valueWords,
  unrecognized_keys: ({ keys = [] }) => keys.map((key) => ({ ...wrongType.never, below: [key] })),
  invalid_union: unionWords,
  invalid_key: ({ issues = [] }, found) =>
    issues.flatMap((issue) => innerWords(issue, found)).map((words) => ({ ...words, below: ['[key]'] })),
};

export function typeWords({ expected, received }: ZodIssue, { input, lax, type }: Explained): Words | undefined {
  const name = expected === 'number' && type === 'integer' ? 'int' : String(expected);
  if (name === 'int' && typeof input === 'number' && Number.isFinite(input)) return fractional;
  if (typeof input === 'string' && (lax || received === 'NaN') && Object.hasOwn(unread, name))
    return unread[name as 'int'];
  if (name === 'number' && typeof input === 'number') return infinite;
  // Pydantic knows no files.
  if (name === 'file') return libraryWords("Expected UploadFile, received: <class 'str'>");
  return Object.hasOwn(wrongType, name) ? wrongType[name as 'int'] : undefined;
}

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
      return textLengthWords(isLeast, count);
    case 'array':
    case 'set':
      return lengthWords(origin === 'set' ? 'Set' : 'List', isLeast, count, Array.isArray(input) ? input.length : null);
    case 'file':
      return libraryWords(`File should have at ${isLeast ? 'least' : 'most'} ${count} byte${count === 1 ? '' : 's'}`);
    default:
      return undefined;
  }
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
  return source === undefined ? undefined : patternWords(source);
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
  return refusal('url_parsing', 'Input should be a valid URL', 'invalid international domain name');
}

// A moment that can be read, in another form than the schema wants.
function zoneWords(text: string): Words {
  if (!/(?:Z|[+-]\d\d:?\d\d)$/i.test(text)) return { type: 'timezone_aware', msg: 'Input should have timezone info' };
  const error = 'unexpected extra characters at the end of the input';
  return refusal('datetime_parsing', 'Input should be a valid datetime', error);
}

// Where its JSON Schema has not told: what is wrong with each alternative.
function unionWords(
  { errors = [], discriminator, options = [] }: ZodIssue,
  found: Explained,
): readonly PlacedWords[] | undefined {
  if (discriminator !== undefined) {
    const tag = typeof found.input === 'object' ? '{…}' : String(found.input);
    return [tagWords(discriminator, tag, options)];
  }
  if (errors.length === 0) return undefined;
  return errors.flat().flatMap((issue) => innerWords(issue, found));
}

function valueWords({ expected, values = [] }: ZodIssue, { input }: Explained): Words | undefined {
  if (expected === 'stringbool') return unread.boolean;
  if (input instanceof Blob) return libraryWords(`File should be of type ${values.join(' or ')}`);
  return choiceWords(values);
}
