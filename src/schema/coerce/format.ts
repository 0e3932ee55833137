import type { Words } from './words.ts';

/** What a format made of a text: its canonical form, or Pydantic's reason against it. */
export type Formatted = { readonly text: string } | Words;

/** Reads one format of texts, and says what Pydantic calls a value of another type. */
export interface Format {
  readonly wrongType: Words;
  /** Reads a text; `lax` also takes what Pydantic's lax mode takes. */
  readonly read: (text: string, lax: boolean) => Formatted;
  /** Turns a number into the canonical text, where lax mode does that. */
  readonly fromNumber?: (value: number) => Formatted;
  /** Turns a number of JSON into the canonical text in every mode, also an integer that a number does not hold. */
  readonly fromDigits?: (value: number | bigint) => Formatted;
}

/** Pydantic's error for a text whose format has a reason of its own. */
export function refusal(type: string, what: string, error: string): Words {
  return { type, msg: `${what}, ${error}`, ctx: { error } };
}
