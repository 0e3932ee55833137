import { type Feed, type FeedItem, type Follower, type Following, feed } from './feed.ts';

/**
 * A feed of what a generator yields: each follower walks through one of its own.
 *
 * @param walk Begins behind a place, as a client says it, or from the beginning.
 */
export function walkedFeed<T>(
  walk: (after: string | undefined) => AsyncGenerator<FeedItem<T>, unknown>,
  after?: string,
): Feed<T> {
  return {
    [feed]: {
      after: (place) => walkedFeed(walk, place),
      follow: (follower) => followWalk(walk(after), follower),
    },
    [Symbol.asyncIterator]: () => walk(after),
  };
}

function followWalk<T>(items: AsyncGenerator<FeedItem<T>, unknown>, follower: Follower<T>): Following {
  let resume = (): void => {};
  let isClosed = false;
  const tell = async (): Promise<void> => {
    for await (const item of items) {
      if (isClosed) return;
      if (follower.take(item)) continue;
      await new Promise<void>((resolve) => {
        resume = resolve;
      });
      if (isClosed) return;
    }
  };
  tell().then(
    () => {
      if (!isClosed) follower.end();
    },
    (error: unknown) => {
      if (!isClosed) follower.end({ error });
    },
  );
  return {
    resume: () => resume(),
    close() {
      isClosed = true;
      resume();
      items.return(undefined).catch(() => {});
    },
  };
}
