/** What a stream tells the thread that feeds it. */
export interface ItemFeed {
  readonly more: (items: number) => void;
  /** Asks the generator to end; its `finally` runs. */
  readonly leave: () => void;
  readonly kill: () => void;
}

interface Waiting {
  readonly resolve: (step: IteratorResult<unknown, void>) => void;
  readonly reject: (error: unknown) => void;
}

// How many items a thread makes ahead of its consumer.
const window = 8;
// Milliseconds that a generator gets for its `finally` once its consumer has left.
const grace = 1000;

/** The items of a generator in another thread, made as they are asked for. */
export class ThreadStream implements AsyncGenerator<unknown, void, undefined> {
  readonly #feed: ItemFeed;
  readonly #items: unknown[] = [];
  readonly #waiting: Waiting[] = [];
  readonly #closed = Promise.withResolvers<void>();
  #asked = 0;
  #isOver = false;
  #failure: { readonly error: unknown } | undefined;
  #hasLeft = false;

  constructor(feed: ItemFeed) {
    this.#feed = feed;
  }

  /** Whether the thread makes an item now. */
  get isAsked(): boolean {
    return this.#asked > 0;
  }

  push(item: unknown): void {
    this.#asked--;
    const next = this.#waiting.shift();
    if (next === undefined) this.#items.push(item);
    else next.resolve({ done: false, value: item });
    if (this.#waiting.length > 0) this.#ask();
  }

  /** Takes in the end, with the error that brought it about. */
  finish(failure?: { readonly error: unknown }): void {
    this.#isOver = true;
    this.#failure = failure;
    this.#closed.resolve();
    for (const waiting of this.#waiting.splice(0)) void this.#last().then(waiting.resolve, waiting.reject);
  }

  next(): Promise<IteratorResult<unknown, void>> {
    if (this.#hasLeft) return Promise.resolve({ done: true, value: undefined });
    if (this.#items.length > 0) {
      const value = this.#items.shift();
      this.#ask();
      return Promise.resolve({ done: false, value });
    }
    if (this.#isOver) return this.#last();
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#ask();
    });
  }

  async return(): Promise<IteratorResult<unknown, void>> {
    this.#hasLeft = true;
    this.#items.length = 0;
    for (const waiting of this.#waiting.splice(0)) waiting.resolve({ done: true, value: undefined });
    if (!this.#isOver) await this.#leave();
    return { done: true, value: undefined };
  }

  async throw(error: unknown): Promise<IteratorResult<unknown, void>> {
    await this.return();
    throw error;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  // Asks in halves of the window, not item by item.
  #ask(): void {
    const wanted = window - this.#items.length - this.#asked;
    if (this.#isOver || this.#hasLeft || (wanted < window / 2 && this.#asked > 0)) return;
    this.#asked += wanted;
    this.#feed.more(wanted);
  }

  async #last(): Promise<IteratorResult<unknown, void>> {
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure !== undefined) throw failure.error;
    return { done: true, value: undefined };
  }

  async #leave(): Promise<void> {
    this.#feed.leave();
    const timer = setTimeout(this.#feed.kill, grace);
    await this.#closed.promise;
    clearTimeout(timer);
  }
}
