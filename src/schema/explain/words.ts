import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { Loc } from '../issues/issue.ts';

/** Pydantic's words for what a schema library found. */
export interface Words {
  readonly type: string;
  readonly msg: string;
  readonly ctx?: Readonly<Record<string, unknown>>;
  /** Where it is, below the place that the library names. */
  readonly below?: Loc;
}

/** What was validated, at the place that the library names. */
export interface Explained {
  readonly input: unknown;
  /** Whether there is anything at that place. */
  readonly isPresent: boolean;
  readonly lax: boolean;
  /** The type there in JSON Schema, which knows integers. */
  readonly type: string | undefined;
}

/** What a library says, as it says it. */
export function libraryWords(message: string): Words {
  return { type: 'value_error', msg: `Value error, ${message}`, ctx: { error: message } };
}

/** Whether a library says of a place that there is nothing. */
export function saysAbsent({ message }: StandardSchemaV1.Issue): boolean {
  return /\bundefined\)?$|\bmissing\)$/.test(message);
}

/** Of what was not sent. */
export const missing: Words = { type: 'missing', msg: 'Field required' };
