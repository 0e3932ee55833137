import { isUtf8 } from 'node:buffer';
import { parse } from 'secure-json-parse';
import type { Issue } from '../../schema/issue.ts';
import { explainJson } from '../../schema/json-invalid.ts';
import { HttpError } from '../http-error.ts';

/** A parsed JSON body, or the one issue that it has. */
export type ParsedJson = { readonly value: unknown } | { readonly issue: Issue };

// Only a text with one of these can have such a key, written plainly or with escapes; or a byte order mark, which JSON.parse refuses.
const suspect = /__proto__|constructor|\\u|^\ufeff/;
const careful = { protoAction: 'error', constructorAction: 'error' } as const;

/**
 * Parses a JSON body. Keys that could reach a prototype (`__proto__`, `constructor.prototype`) are refused.
 *
 * @throws HttpError 400 when the bytes are not UTF-8.
 */
export function parseJson(bytes: Buffer): ParsedJson {
  const text = bytes.toString('utf8');
  // What is not UTF-8 becomes U+FFFD, which a text may also hold by itself.
  if (text.includes('\ufffd') && !isUtf8(bytes))
    throw new HttpError(400, 'There was an error parsing the body: it is not valid UTF-8');
  try {
    return { value: suspect.test(text) ? parse(text, careful) : JSON.parse(text) };
  } catch {
    return { issue: invalid(text) };
  }
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
