import type { AbortSource } from '../../concurrency/on-abort.ts';
import { type Feed, type Follower, type Following, feed } from '../../declare/feed.ts';
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
export function channelFeed<T>(parts: ChannelFeedParts): Feed<T> {
  const { readers, stream, ending, onFollow } = parts;
  const start: Promise<StreamStart> = readers.start(stream, parts.after);
  start.catch(() => {});
  const follow = (follower: Follower<T>): Following => {
    const reader = readers.of(stream);
    const onClose = onFollow();
    const one = new Subscription({ reader, follower: follower as Follower<unknown>, start, ending, onClose });
    if (readers.isEnding) queueMicrotask(() => one.end());
    return one;
  };
  return {
    [feed]: { after: (after) => channelFeed({ ...parts, after }), follow },
    [Symbol.asyncIterator]: () => followItems(follow),
  };
}
