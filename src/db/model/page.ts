/** Options of `page`. */
export interface PageOptions {
  /** How many rows to pass over. Default 0. */
  readonly offset?: number | undefined;
  /** How many rows at most. Default 50. */
  readonly limit?: number | undefined;
}

/** Options of `pageAfter`. */
export interface CursorOptions {
  /** The `next` of the page before. Default: the first page. */
  readonly cursor?: string | null | undefined;
  /** How many rows at most. Default 50. */
  readonly limit?: number | undefined;
}

/** A page, and how many rows there are in all. */
export interface Page<M> {
  readonly items: M[];
  readonly total: number;
  readonly limit: number;
  readonly offset: number;
}

/** A page, and the cursor of the next. */
export interface CursorPage<M> {
  readonly items: M[];
  readonly next: string | null;
}
