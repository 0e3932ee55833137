import type { FeedItem, Follower, Following } from '../../declare/feed.ts';

type Step<T> = IteratorResult<FeedItem<T>, undefined>;

interface Waiter<T> {
  readonly resolve: (step: Step<T>) => void;
  readonly reject: (error: unknown) => void;
}

const mostWaiting = 16;

/** Items of a feed one at a time, for a loop. It begins at once, and ends with the loop. */
export function followItems<T>(
  follow: (follower: Follower<T>) => Following,
): AsyncIterableIterator<FeedItem<T>, undefined> {
  const items: FeedItem<T>[] = [];
  const waiters: Waiter<T>[] = [];
  let ended: { readonly failure: { readonly error: unknown } | undefined } | undefined;
  let isFull = false;

  const following = follow({
    take(item) {
      const waiter = waiters.shift();
      if (waiter !== undefined) waiter.resolve({ done: false, value: item });
      else items.push(item);
      isFull = items.length >= mostWaiting;
      return !isFull;
    },
    end(failure) {
      ended ??= { failure };
      for (const { resolve, reject } of waiters.splice(0))
        if (failure === undefined) resolve({ done: true, value: undefined });
        else reject(failure.error);
    },
  });

  return {
    async next() {
      const item = items.shift();
      if (item !== undefined) {
        if (isFull && items.length === 0) {
          isFull = false;
          following.resume();
        }
        return { done: false, value: item };
      }
      if (ended === undefined) return new Promise((resolve, reject) => waiters.push({ resolve, reject }));
      const { failure } = ended;
      // A failure is told once.
      ended = { failure: undefined };
      if (failure !== undefined) throw failure.error;
      return { done: true, value: undefined };
    },
    async return() {
      items.length = 0;
      following.close();
      ended = { failure: undefined };
      for (const { resolve } of waiters.splice(0)) resolve({ done: true, value: undefined });
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
