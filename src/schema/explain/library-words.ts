import type { StandardSchemaV1 } from '@standard-schema/spec';
import { formats } from '../coerce/formats.ts';
import {
  boundWords,
  type Constraint,
  fractional,
  infinite,
  missing,
  type OwnIssue,
  type Words,
} from '../coerce/words.ts';
import type { Explained, PlacedWords } from './words.ts';
import { formatWords, typeWords, type ZodIssue, zodWords } from './zod-words.ts';

// A message of the app's own, or in another language, says more than any translation.
const standardWords = /^(?:Invalid|Too (?:big|small)|Unrecognized key)|must be .+ \(.+\)$/s;

/** Says in Pydantic's words what a library found that no JSON Schema tells; `undefined` where Pydantic has none, or the app has its own. */
export function wordsFor(issue: StandardSchemaV1.Issue, found: Explained): readonly PlacedWords[] | undefined {
  const library = libraryOf(issue);
  if (library === undefined) return undefined;
  if (!found.isPresent) return [missing];
  const { pydantic: own } = issue as OwnIssue;
  if (own !== undefined) return [own];
  if (!standardWords.test(issue.message)) return undefined;
  if (library === 'zod') return zodWords(issue as ZodIssue, found);
  const words = library === 'valibot' ? valibotWords(issue as ValibotIssue, found) : arkWords(issue as ArkIssue, found);
  return words && [words];
}

// By what its issues have. An issue that a function of the app made says what the app wrote.
function libraryOf(issue: StandardSchemaV1.Issue): 'zod' | 'valibot' | 'arktype' | undefined {
  const { code, kind } = issue as Partial<ZodIssue & ValibotIssue>;
  if ('problem' in issue) return 'arktype';
  if (kind === 'schema' || kind === 'validation') return 'valibot';
  return code === undefined || code === 'custom' ? undefined : 'zod';
}

interface ArkIssue extends StandardSchemaV1.Issue {
  readonly code: string;
  readonly expected?: string;
  readonly rule?: unknown;
}

const arkBounds: Readonly<Record<string, Constraint>> = {
  min: 'ge',
  max: 'le',
  divisor: 'multiple_of',
  after: 'ge',
  before: 'le',
};

/** What ArkType found, in Pydantic's words; most of it its JSON Schema tells. */
function arkWords({ code, expected = '', rule }: ArkIssue, { input, lax }: Explained): Words | undefined {
  const key = arkBounds[code];
  if (key !== undefined) return boundWords(key, rule);
  if (expected.startsWith('a JSON string'))
    return { type: 'json_invalid', msg: 'Invalid JSON: it cannot be parsed', ctx: { error: 'it cannot be parsed' } };
  const isDate = expected === 'a parsable date' && typeof input === 'string';
  const read = isDate ? formats['date-time']!.read(input, lax) : undefined;
  return read === undefined || 'text' in read ? undefined : read;
}

interface ValibotIssue extends StandardSchemaV1.Issue {
  readonly kind?: string;
  readonly type: string;
  readonly expected?: string | null;
  readonly requirement?: unknown;
}

const valibotFormats: Readonly<Record<string, string>> = {
  iso_date: 'date',
  iso_date_time: 'datetime',
  iso_timestamp: 'datetime',
  iso_time: 'time',
  ip: 'ipv4',
};

/** What Valibot found, in Pydantic's words; most of it its JSON Schema tells. */
function valibotWords({ kind, type, expected, requirement }: ValibotIssue, found: Explained): Words | undefined {
  if (kind === 'schema') return typeWords({ message: '', expected: expected?.toLowerCase() }, found);
  const bound = requirement instanceof Date ? requirement.toISOString().replace('.000Z', 'Z') : requirement;
  const key = valibotBounds[type];
  if (key !== undefined) return boundWords(key, bound);
  if (type === 'integer' || type === 'safe_integer') return fractional;
  if (type === 'finite') return infinite;
  const pattern = requirement instanceof RegExp ? requirement.source : undefined;
  return formatWords({ message: '', format: valibotFormats[type] ?? type, ...(pattern && { pattern }) }, found);
}

const valibotBounds: Readonly<Record<string, Constraint>> = {
  min_value: 'ge',
  gt_value: 'gt',
  max_value: 'le',
  lt_value: 'lt',
  multiple_of: 'multiple_of',
};
