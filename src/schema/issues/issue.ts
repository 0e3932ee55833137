/** Where an issue is: the source, then the steps into the value. */
export type Loc = readonly (string | number)[];

/** One reason why an input is invalid, in the shape of FastAPI's and Pydantic's errors. */
export interface Issue {
  /** Pydantic's error type: `int_parsing`, `missing`, `string_too_short`. */
  readonly type: string;
  readonly loc: Loc;
  readonly msg: string;
  /** What the client sent at that place. */
  readonly input: unknown;
  /** Values of the constraint that was broken. */
  readonly ctx?: Readonly<Record<string, unknown>>;
}
