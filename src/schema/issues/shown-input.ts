import { isRecord } from '../../base/is-record.ts';
import { rawJson } from '../../base/json/write-levels.ts';
import { type ExactIntegers, exactMember } from '../json/exact-integers.ts';
import type { Issue } from './issue.ts';

// Characters of JSON that the inputs of all issues of one value may have together, beyond which only small ones are shown; and their
// places, beyond which no more are told.
const room = { forInputs: 100_000, forPlaces: 100_000 };
const small = 200;

/**
 * Issues as a client sees them: of a file name, type and size; and of what it sent only so much that an answer is not many times as
 * large. FastAPI shows all of it in each, which in a model that nests is each level's. Integers have the digits that were sent.
 *
 * @param exact What of the input JavaScript's numbers have rounded.
 */
export function shownIssues(issues: readonly Issue[], exact: ExactIntegers | undefined): Issue[] {
  const shown = withinRoom(issues).map(shorter());
  return (exact === undefined ? shown : shown.map((issue) => withDigits(issue, exact))).map(writable);
}

type Holder = Record<string, unknown>;

// Without recursion: what is shown may nest as deep as its text is long.
function withDigits(issue: Issue, exact: ExactIntegers): Issue {
  if (!isHolder(issue.input)) return issue;
  const input = copyOf(issue.input);
  const open: [from: Holder, to: Holder][] = [[issue.input, input]];
  for (let pair = open.pop(); pair !== undefined; pair = open.pop()) {
    const [from, to] = pair;
    for (const key of Object.keys(from)) {
      const member = from[key];
      if (isHolder(member)) open.push([member, (to[key] = copyOf(member))]);
      else to[key] = digitsOf(exactMember(exact, from, key, member));
    }
  }
  return { ...issue, input };
}

function isHolder(value: unknown): value is Holder {
  return typeof value === 'object' && value !== null && !(value instanceof Blob);
}

function copyOf(value: Holder): Holder {
  return (Array.isArray(value) ? [...value] : { ...value }) as Holder;
}

// JSON.stringify throws for a bigint, and whoever handles errors in a way of the app's own may well use it.
function writable(issue: Issue): Issue {
  const { input, ctx } = issue;
  const holdsBigint = ctx !== undefined && Object.values(ctx).some((value) => typeof value === 'bigint');
  if (typeof input !== 'bigint' && !holdsBigint) return issue;
  const written = ctx && Object.fromEntries(Object.entries(ctx).map(([key, value]) => [key, digitsOf(value)]));
  return { ...issue, input: digitsOf(input), ...(written && { ctx: written }) };
}

function digitsOf(value: unknown): unknown {
  if (typeof value !== 'bigint') return value;
  return Number.isSafeInteger(Number(value)) ? Number(value) : rawJson(value.toString());
}

function withinRoom(issues: readonly Issue[]): readonly Issue[] {
  let left = room.forPlaces;
  const end = issues.findIndex(({ loc }) => {
    for (const step of loc) left -= typeof step === 'string' ? step.length + 3 : 4;
    return left < 0;
  });
  return end < 1 ? issues : issues.slice(0, end);
}

function shorter(): (issue: Issue) => Issue {
  let left = room.forInputs;
  // Of a model that lacks many fields each issue shows the same object. There is less room each time, so what was too large stays so.
  const sizes = new Map<unknown, number>();
  const excerpts = new Map<unknown, unknown>();
  const excerptOf = (input: unknown): unknown => {
    if (!excerpts.has(input)) excerpts.set(input, excerpt(input));
    return excerpts.get(input);
  };
  return (issue) => {
    const size = sizes.get(issue.input) ?? sizeOf(issue.input, Math.max(left, small));
    if (typeof issue.input === 'object') sizes.set(issue.input, size);
    left -= size;
    if (left < 0 && size > small) return { ...issue, input: excerptOf(issue.input) };
    return holdsFiles(issue.input) ? { ...issue, input: shownFiles(issue.input) } : issue;
  };
}

/** About how many characters of JSON a value has; looks no further than `most`. */
function sizeOf(value: unknown, most: number): number {
  let size = 0;
  const open: unknown[] = [value];
  while (open.length > 0 && size <= most) {
    const one = open.pop();
    if (typeof one === 'string') size += one.length + 2;
    else if (typeof one === 'bigint') size += String(one).length;
    else if (typeof one !== 'object' || one === null || one instanceof Blob) size += 8;
    else {
      size += 2;
      for (const key in one) {
        if (!Array.isArray(one)) size += key.length + 3;
        open.push((one as Record<string, unknown>)[key]);
        if (size + open.length > most) return most + 1;
      }
    }
  }
  return size;
}

function excerpt(value: unknown): unknown {
  if (typeof value === 'string') return `${value.slice(0, small)}…`;
  if (typeof value !== 'object' || value === null) return value;
  return Array.isArray(value) ? `(a list of ${value.length})` : `(an object with ${Object.keys(value).length} keys)`;
}

/** Whether a value is a file, a list with files, or the fields of a form with some: a file is never deeper. */
function holdsFiles(value: unknown): boolean {
  return isFilled(value) || (isRecord(value) && Object.values(value).some(isFilled));
}

function isFilled(value: unknown): boolean {
  return value instanceof Blob || (Array.isArray(value) && value.some((item) => item instanceof Blob));
}

// Of a file JSON would show nothing.
function shownFiles(value: unknown): unknown {
  if (value instanceof Blob) return describeFile(value);
  if (!holdsFiles(value)) return value;
  if (Array.isArray(value)) return value.map(shownFiles);
  return Object.fromEntries(Object.entries(value as object).map(([name, field]) => [name, shownFiles(field)]));
}

function describeFile({ name, type, size }: Blob & { readonly name?: string }): object {
  return { filename: name, content_type: type, size };
}
