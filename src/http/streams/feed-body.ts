import { Readable } from 'node:stream';
import { type AbortSource, offAbort, onAbort } from '../../concurrency/on-abort.ts';
import { type Feed, type FeedItem, type Following, feed } from '../../declare/feed.ts';
import { thrownError } from '../request/log-thrown.ts';

/** Options of {@link FeedBody}. */
export interface FeedBodyOptions {
  /** The bytes of an item; a promise only where that has to be waited for. */
  readonly encode: (item: FeedItem<unknown>) => Buffer | Promise<Buffer>;
  /** What is sent before all items. */
  readonly head: Buffer;
  /** What tells a client a place without an event. */
  readonly placed: (place: string) => Buffer;
  /** What is sent after so many milliseconds of silence. */
  readonly ping: { readonly bytes: Buffer; readonly after: number };
  /** Ends it: the request that it belongs to. */
  readonly ending: AbortSource | undefined;
  /** Whether it fails when its request is not wanted any more, so that nobody takes a part for the whole; else it ends. */
  readonly failsWhenAborted: boolean;
}

/** The items of a feed as bytes: as many as the client takes, without a promise for each. */
export class FeedBody extends Readable {
  /** Resolves when it is sure what comes; rejects when the feed has failed before that. */
  readonly begun: Promise<void>;
  readonly #options: FeedBodyOptions;
  readonly #following: Following;
  readonly #begin = Promise.withResolvers<void>();
  readonly #timer: NodeJS.Timeout;
  readonly #abortion: { readonly onAbort: (reason: unknown) => void } = { onAbort: (reason) => this.#abort(reason) };
  #isFull = false;
  #out: NodeJS.WritableStream | undefined;
  /** Whether an item is being encoded. */
  #isWaiting = false;
  #end: { readonly failure: { readonly error: unknown } | undefined } | undefined;

  constructor(source: Feed<unknown>, options: FeedBodyOptions) {
    super();
    this.#options = options;
    this.begun = this.#begin.promise;
    this.begun.catch(() => {});
    // Whoever sends it hears of a failure; one that comes before must not end the process.
    this.on('error', () => {});
    this.push(options.head);
    this.#timer = setTimeout(() => this.#ping(), options.ping.after).unref();
    const { ending } = options;
    if (ending?.aborted === true) queueMicrotask(() => this.#abort(ending.reason));
    else if (ending !== undefined) onAbort(ending, this.#abortion);
    this.#following = this.#follow(source);
    const { ready } = this.#following;
    if (ready === undefined) this.#begin.resolve();
    else ready.then(this.#begin.resolve, this.#begin.reject);
  }

  #follow(source: Feed<unknown>): Following {
    try {
      return source[feed].follow({
        begin: (place) => void this.push(this.#options.placed(place)),
        take: (item) => this.#take(item),
        end: (failure) => this.#endWith(failure),
      });
    } catch (error) {
      // Its timer and what it heeds would stay for good.
      this.destroy();
      throw error;
    }
  }

  override _read(): void {
    if (!this.#isFull || this.#isWaiting) return;
    this.#isFull = false;
    this.#following.resume();
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    clearTimeout(this.#timer);
    const { ending } = this.#options;
    if (ending !== undefined) offAbort(ending, this.#abortion);
    this.#following?.close();
    if (error === null) this.#begin.resolve();
    else this.#begin.reject(error);
    callback(error);
  }

  #take(item: FeedItem<unknown>): boolean {
    if (this.destroyed) return false;
    let bytes: Buffer | Promise<Buffer>;
    try {
      bytes = this.#options.encode(item);
    } catch (error) {
      this.destroy(thrownError(error));
      return false;
    }
    if (!(bytes instanceof Promise)) return this.#send(bytes);
    this.#isWaiting = true;
    bytes.then(
      (late) => {
        this.#isWaiting = false;
        if (this.destroyed) return;
        if (this.#send(late)) this.#following.resume();
        if (this.#end !== undefined) this.#endWith(this.#end.failure);
      },
      (error: unknown) => this.destroy(thrownError(error)),
    );
    return false;
  }

  // As long as nothing waits here, an item goes straight to where the stream is piped to: what a stream does for each of ten thousand costs as
  // much as to write it.
  override pipe<D extends NodeJS.WritableStream>(destination: D, options?: { readonly end?: boolean }): D {
    this.#out ??= destination;
    return super.pipe(destination, options as { end?: boolean });
  }

  #send(bytes: Buffer): boolean {
    this.#timer.refresh();
    const out = this.#out;
    if (out === undefined || this.readableLength > 0 || this.readableFlowing !== true) {
      this.#isFull = !this.push(bytes);
      return !this.#isFull;
    }
    if (out.write(bytes)) return true;
    this.#isFull = true;
    out.once('drain', () => this._read());
    return false;
  }

  #ping(): void {
    // A client that does not take what is there for it gets nothing on top.
    if (!this.destroyed && this.readableLength === 0) this.push(this.#options.ping.bytes);
    this.#timer.refresh();
  }

  #endWith(failure: { readonly error: unknown } | undefined): void {
    if (this.#isWaiting) {
      this.#end = { failure };
      return;
    }
    const { ending, failsWhenAborted } = this.#options;
    if (failure === undefined || (ending?.aborted === true && !failsWhenAborted)) {
      this.#begin.resolve();
      this.#finish();
      return;
    }
    this.#begin.reject(failure.error);
    this.destroy(thrownError(failure.error));
  }

  #abort(reason: unknown): void {
    if (this.#options.failsWhenAborted) this.destroy(thrownError(reason));
    else this.#finish();
  }

  #finish(): void {
    clearTimeout(this.#timer);
    if (!this.destroyed && !this.readableEnded) this.push(null);
    this.#following?.close();
  }
}
