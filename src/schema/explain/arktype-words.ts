import type { StandardSchemaV1 } from '@standard-schema/spec';
import { formats } from '../coerce/formats.ts';
import { boundWords, type Constraint } from '../coerce/number-nodes.ts';
import type { Explained, Words } from './words.ts';

/** An issue of ArkType. */
export interface ArkIssue extends StandardSchemaV1.Issue {
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
export function arkWords({ code, expected = '', rule }: ArkIssue, { input, lax }: Explained): Words | undefined {
  const key = arkBounds[code];
  if (key !== undefined) return boundWords(key, rule);
  if (expected.startsWith('a JSON string'))
    return { type: 'json_invalid', msg: 'Invalid JSON: it cannot be parsed', ctx: { error: 'it cannot be parsed' } };
  const isDate = expected === 'a parsable date' && typeof input === 'string';
  const read = isDate ? formats['date-time']!.read(input, lax) : undefined;
  return read === undefined || 'text' in read ? undefined : read;
}
