import { type AbortSource, offAbort, onAbort } from '../../concurrency/on-abort.ts';
import type { FeedReset, Follower, Following } from '../../declare/feed.ts';
import type { StreamHead } from '../contract/engine.ts';
import type { StreamEntry } from './stream-entry.ts';
import type { EntryPage, StreamReader, StreamSubscriber } from './stream-reader.ts';

/** From where a subscription goes on. */
export interface StreamStart {
  readonly head: StreamHead;
  readonly place: number;
  /** Why not from where it was to. */
  readonly reset: FeedReset['reason'] | undefined;
}

export interface SubscriptionOptions {
  readonly reader: StreamReader;
  readonly follower: Follower<unknown>;
  readonly start: Promise<StreamStart>;
  /** Ends it: the request or run that it belongs to. */
  readonly ending: AbortSource | undefined;
  readonly onClose: () => void;
}

/**
 * One follower of a stream. As long as it takes all, the reader hands it each event; when it is behind, it goes through the store at its own
 * pace, and nothing is kept for it in memory.
 */
export class Subscription implements Following, StreamSubscriber {
  readonly #reader: StreamReader;
  readonly #follower: Follower<unknown>;
  readonly #ending: AbortSource | undefined;
  readonly #onClose: () => void;
  /** Resolves when it is known from where it goes on: all that commits from then on is seen. */
  readonly ready: Promise<void>;
  readonly #abortion: { readonly onAbort: (reason: unknown) => void } = {
    onAbort: (error) => this.end({ error }),
  };
  #next = 0;
  #owed: FeedReset | undefined;
  #hasBegun = false;
  #isPaused = false;
  #isPumping = false;
  #isCatchingUp = false;
  #isClosed = false;
  /** Whether it has ever had an event: from then on it is its own slowness if one is gone. */
  #hasTaken = false;

  constructor({ reader, follower, start, ending, onClose }: SubscriptionOptions) {
    this.#reader = reader;
    this.#follower = follower;
    this.#ending = ending;
    this.#onClose = onClose;
    reader.join(this);
    if (ending?.aborted === true) queueMicrotask(() => this.end({ error: ending.reason }));
    else if (ending !== undefined) onAbort(ending, this.#abortion);
    this.ready = start.then(
      (found) => this.#begin(found),
      (error: unknown) => this.end({ error }),
    );
  }

  /** Whether it waits for `resume()`. */
  get isPaused(): boolean {
    return this.#isPaused;
  }

  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.pump();
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    if (this.#ending !== undefined) offAbort(this.#ending, this.#abortion);
    this.#reader.leave(this);
    this.#onClose();
  }

  /** Tells the follower that nothing more comes. */
  end(failure?: { readonly error: unknown }): void {
    if (this.#isClosed) return;
    this.close();
    this.#follower.end(failure);
  }

  /** An event that the reader has just read. */
  offer(entry: StreamEntry): void {
    if (entry.place > this.#next) this.#give(entry);
  }

  /** It goes on at a place, and is told why. */
  reset(reason: FeedReset['reason'], place: number): void {
    if (!this.#hasBegun) return;
    this.#next = place;
    this.#owed = this.#reader.resetAt(reason, place);
    this.#reader.pause(this);
    this.pump();
  }

  /** Gives the follower what it has not had, until it has all or wants no more. */
  pump(): void {
    if (this.#isPumping || !this.#hasBegun) return;
    this.#isPumping = true;
    try {
      while (!this.#isClosed && !this.#isPaused) {
        const owed = this.#owed;
        if (owed !== undefined) {
          this.#owed = undefined;
          this.#take(owed);
          continue;
        }
        if (this.#next >= this.#reader.position!) {
          this.#reader.goLive(this);
          return;
        }
        const recent = this.#reader.recentAfter(this.#next);
        if (recent === undefined) {
          void this.#catchUp();
          return;
        }
        this.#giveAll(recent);
        // Nothing is between the two.
        if (recent.length === 0) this.#next = this.#reader.position!;
      }
    } finally {
      this.#isPumping = false;
    }
  }

  #begin({ head, place, reset }: StreamStart): void {
    if (this.#isClosed) return;
    this.#next = place;
    this.#reader.begin(head, place);
    this.#hasBegun = true;
    if (reset !== undefined) this.#owed = this.#reader.resetAt(reset, place);
    else this.#follower.begin?.(this.#reader.placeAt(place));
    this.pump();
  }

  /** One page of the store. */
  async #catchUp(): Promise<void> {
    if (this.#isCatchingUp) return;
    this.#isCatchingUp = true;
    const reader = this.#reader;
    const after = this.#next;
    try {
      const { log, floor, entries, last } = await this.#behind(after);
      // It may have been set to another place meanwhile.
      if (this.#isClosed || this.#next !== after) return;
      if (log !== reader.log) reader.wake();
      else if (floor > after) await this.#skip(after);
      else {
        this.#giveAll(entries);
        if (!this.#isPaused) this.#next = Math.max(this.#next, last);
      }
    } catch (error) {
      if (!this.#isClosed) reader.stall(this, error);
      return;
    } finally {
      this.#isCatchingUp = false;
    }
    this.pump();
  }

  async #behind(after: number): Promise<EntryPage> {
    const page = await this.#reader.page(after);
    if (page.last > after || page.floor > after) return page;
    // What was asked for by somebody else may be older than what the reader has read since; what is asked for now is not.
    const position = this.#reader.position!;
    const fresh = await this.#reader.freshPage(after);
    return fresh.last > after ? fresh : { ...fresh, last: position };
  }

  async #skip(after: number): Promise<void> {
    const { last } = await this.#reader.head();
    if (!this.#isClosed && this.#next === after) this.reset(this.#hasTaken ? 'lagged' : 'expired', last);
  }

  #giveAll(entries: readonly StreamEntry[]): void {
    for (const entry of entries) {
      if (this.#isPaused || this.#isClosed) return;
      if (entry.place > this.#next) this.#give(entry);
    }
  }

  #give(entry: StreamEntry): void {
    this.#next = entry.place;
    this.#hasTaken = true;
    this.#take(entry.item);
  }

  #take(item: FeedReset | StreamEntry['item']): void {
    let wantsMore: boolean;
    try {
      wantsMore = this.#follower.take(item);
    } catch (error) {
      this.end({ error });
      return;
    }
    if (wantsMore) return;
    this.#isPaused = true;
    this.#reader.pause(this);
  }
}
