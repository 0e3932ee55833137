import { isUtf8 } from 'node:buffer';
import { parse as parseSafely } from 'secure-json-parse';
import type { Issue } from '../../schema/issues/issue.ts';
import { explainJson } from '../../schema/issues/json-invalid.ts';
import { type ExactJson, mostDigits, parseExactly, TooManyDigits } from '../../schema/json/exact-integers.ts';
import { mostLevels, textNestsTooDeep } from '../../schema/json/nesting.ts';
import { HttpError } from '../request/http-error.ts';

// Only such a text can have a key that reaches a prototype, written plainly or with escapes; or a byte order mark, which JSON.parse refuses.
// An expression with alternatives takes six times as long.
function isSuspect(text: string): boolean {
  return text.includes('proto') || text.includes('\\u') || text.startsWith('\ufeff');
}

const careful = { protoAction: 'error', constructorAction: 'error' } as const;

type Reviver = (this: object, key: string, value: unknown) => unknown;

/** What the schemas of a body need of its JSON. */
export interface JsonNeeds {
  /** Integers that numbers do not hold. */
  readonly exactly: boolean;
  /** No more levels than they may follow. */
  readonly shallow: boolean;
}

/**
 * Parses a JSON body. Keys that could reach a prototype (`__proto__`, `constructor.prototype`) are refused.
 *
 * @throws HttpError 400 when the bytes are not UTF-8, nest deeper than a recursive schema may follow or, with large integers, the stack, or have an integer
 * of more digits than are read.
 */
export function parseJson(bytes: Buffer, { exactly, shallow }: JsonNeeds): ExactJson | { readonly issue: Issue } {
  const text = bytes.toString('utf8');
  // What is not UTF-8 becomes U+FFFD, which a text may also hold by itself.
  if (text.includes('\ufffd') && !isUtf8(bytes)) throw unreadable('it is not valid UTF-8');
  return parseText(text, { exactly, shallow });
}

/** The same for a text. */
export function parseText(text: string, { exactly, shallow }: JsonNeeds): ExactJson | { readonly issue: Issue } {
  if (shallow && textNestsTooDeep(text)) throw unreadable(`it nests more than ${mostLevels} levels deep`);
  try {
    const parse = isSuspect(text) ? parseCarefully : (JSON.parse as typeof parseCarefully);
    return exactly ? parseExactly(text, parse) : { value: parse(text), exact: undefined };
  } catch (error) {
    // JSON.parse with a function for each member recurses, and the stack ends some 2,000 levels down.
    if (error instanceof TooManyDigits) throw unreadable(`an integer has more than ${mostDigits} digits`);
    if (error instanceof RangeError) throw unreadable('it nests too deep');
    return { issue: invalid(text) };
  }
}

function parseCarefully(text: string, reviver?: Reviver): unknown {
  return parseSafely(text, reviver as Parameters<typeof parseSafely>[1], careful);
}

function unreadable(why: string): HttpError {
  return new HttpError(400, `There was an error parsing the body: ${why}`);
}

function invalid(text: string): Issue {
  const { position, error } = reason(text);
  return { type: 'json_invalid', loc: ['body', position], msg: 'JSON decode error', input: {}, ctx: { error } };
}

function reason(text: string): { position: number; error: string } {
  try {
    JSON.parse(text);
  } catch {
    return explainJson(text);
  }
  return { position: 0, error: 'A key is not allowed: "__proto__", or "constructor" with a "prototype"' };
}
