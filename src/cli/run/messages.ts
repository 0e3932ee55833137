/** What a worker tells the primary. */
export type FromWorker =
  | { readonly type: 'ready' | 'leaving' }
  | { readonly type: 'failed'; readonly lines: readonly string[] };

/** What the primary tells a worker: to stop in order; and, once it is `leaving`, that no connection is on its way to it any more. */
export interface ToWorker {
  readonly type: 'stop' | 'leave';
}
