import type { StandardSchemaV1 } from '@standard-schema/spec';
import { boundWords, type Constraint } from '../coerce/number-nodes.ts';
import type { Explained, Words } from './words.ts';
import { formatWords, fractional, infinite, typeWords } from './zod-words.ts';

/** An issue of Valibot. */
export interface ValibotIssue extends StandardSchemaV1.Issue {
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
export function valibotWords({ kind, type, expected, requirement }: ValibotIssue, found: Explained): Words | undefined {
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
