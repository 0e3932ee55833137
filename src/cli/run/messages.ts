/** What a worker tells the primary. */
export type FromWorker = { readonly type: 'ready' } | { readonly type: 'failed'; readonly lines: readonly string[] };

/** What the primary tells a worker. */
export interface ToWorker {
  readonly type: 'stop';
}
