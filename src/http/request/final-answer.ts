/** The headers of an answer that is about to be sent; names in any case. */
export interface AnswerHeaders {
  /** The value, several joined by a comma; `null` where there is none. */
  get(name: string): string | null;
  has(name: string): boolean;
  set(name: string, value: string | number): void;
  /** Adds a value beside those that are there, `vary` or `set-cookie` for example. */
  append(name: string, value: string): void;
  delete(name: string): void;
}

/** An answer as it is about to be sent, for the functions around its request. */
export interface FinalAnswer {
  readonly status: number;
  readonly headers: AnswerHeaders;
  /** What was thrown, where the answer is that of an error. */
  readonly error?: unknown;
}
