import type { AbortSource } from '../../concurrency/on-abort.ts';
import { type Feed, type FeedItem, type Follower, type Following, feed } from '../../declare/feed.ts';
import { followItems } from './follow-items.ts';
import type { StreamReaders } from './readers.ts';
import { type StreamStart, Subscription } from './subscription.ts';

/** What a feed of a channel is made of. */
export interface ChannelFeedParts {
  readonly readers: StreamReaders;
  readonly stream: string;
  /** A place as a client says it; `undefined` is the present. */
  readonly after: unknown;
  /** What ends all that follow it. */
  readonly ending: AbortSource | undefined;
  /** Called as somebody follows; what it returns, when that ends. */
  readonly onFollow: () => () => void;
}

/** The events of a stream from a place on, which is found out at once: what commits after `subscribe` was called is seen. */
export class ChannelFeed<T> implements Feed<T> {
  readonly [feed]: Feed<T>[typeof feed];
  readonly #follow: (follower: Follower<T>) => Following;

  constructor(parts: ChannelFeedParts) {
    const { readers, stream, ending, onFollow } = parts;
    const start: Promise<StreamStart> = readers.start(stream, parts.after);
    start.catch(() => {});
    this.#follow = (follower) => {
      const reader = readers.of(stream);
      const onClose = onFollow();
      const one = new Subscription({ reader, follower: follower as Follower<unknown>, start, ending, onClose });
      if (readers.isEnding) queueMicrotask(() => one.end());
      return one;
    };
    this[feed] = { after: (after) => new ChannelFeed({ ...parts, after }), follow: this.#follow };
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<FeedItem<T>, undefined> {
    return followItems(this.#follow);
  }
}
