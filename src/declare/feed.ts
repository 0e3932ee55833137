/** An event of a feed. All that follow the feed in a process get the same object. */
export interface FeedEvent<T> {
  readonly type: 'event';
  /** What it is recognised by; given as it was published. */
  readonly id: string;
  /** Where it stands among the others; whoever comes back says it, and gets what follows. */
  readonly place: string;
  readonly data: T;
  /** What was made of it once for all that follow, its bytes for example, by who has made it. */
  readonly made: Map<object, unknown>;
}

/** That events may be missing between the last one and the next: of a client that has to read its state anew. */
export interface FeedReset {
  readonly type: 'reset';
  /** `expired`: no longer kept. `unknown`: no place of this feed. `lagged`: taken too slowly. */
  readonly reason: 'expired' | 'unknown' | 'lagged';
  /** From where it goes on. */
  readonly place: string;
}

/** What comes out of a feed. */
export type FeedItem<T> = FeedEvent<T> | FeedReset;

/** Who is told each item as it comes, without a promise for each. */
export interface Follower<T> {
  /** Told once, before all items, behind which place it begins: what a client comes back with that has had none yet. */
  readonly begin?: (place: string) => void;
  /** Takes the next item; `false` asks to wait until `resume()`. */
  readonly take: (item: FeedItem<T>) => boolean;
  /** Nothing more comes: it has ended, or failed. */
  readonly end: (failure?: { readonly error: unknown }) => void;
}

/** A follower that is being told. */
export interface Following {
  /** Resolves when it is known from where it is told: all that happens from then on. Where there is none, that is so from the beginning. */
  readonly ready?: Promise<void>;
  /** Goes on after `take` has returned `false`. */
  resume(): void;
  close(): void;
}

/** The mark of a feed, and what sockets and event streams ask of it; the same in every copy of Cortado. */
export const feed: unique symbol = Symbol.for('cortado.feed') as never;

/** Events one after another that a client can come back to. A loop over it takes one item at a time. */
export interface Feed<T> extends AsyncIterable<FeedItem<T>> {
  readonly [feed]: {
    /** The same from behind a place on, as a client says it: a text that may be anything. */
    readonly after: (place: string) => Feed<T>;
    /** Begins at once. */
    readonly follow: (follower: Follower<T>) => Following;
  };
}

export function isFeed(value: unknown): value is Feed<unknown> {
  return typeof value === 'object' && value !== null && feed in value;
}
