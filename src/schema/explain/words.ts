import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { Words } from '../coerce/words.ts';
import type { Loc } from '../issues/issue.ts';

/** Pydantic's words for what a schema library found. */
export interface PlacedWords extends Words {
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
export function libraryWords(message: string): PlacedWords {
  return { type: 'value_error', msg: `Value error, ${message}`, ctx: { error: message } };
}

export function saysAbsent({ message }: StandardSchemaV1.Issue): boolean {
  return /\bundefined\)?$|\bmissing\)$/.test(message);
}
