/** What a format made of a text: its canonical form, or Pydantic's reason against it. */
export type Formatted = { readonly text: string } | Refusal;

/** Pydantic's error for a text in the wrong format. */
export interface Refusal {
  readonly type: string;
  readonly msg: string;
  readonly ctx?: Readonly<Record<string, unknown>>;
}

/** Reads one format of texts, and says what Pydantic calls a value of another type. */
export interface Format {
  readonly wrongType: Refusal;
  /** Reads a text; `lax` also takes what Pydantic's lax mode takes. */
  readonly read: (text: string, lax: boolean) => Formatted;
  /** Turns a number into the canonical text, where lax mode does that. */
  readonly fromNumber?: (value: number) => Formatted;
}

/** Pydantic's error for a text whose format has a reason of its own. */
export function refusal(type: string, what: string, error: string): Refusal {
  return { type, msg: `${what}, ${error}`, ctx: { error } };
}

/** Pydantic's error for what is no text. */
export const textType: Refusal = { type: 'string_type', msg: 'Input should be a valid string' };
