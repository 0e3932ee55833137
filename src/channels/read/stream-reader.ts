import type { Logger } from '../../base/logger.ts';
import { runOutsideFrames } from '../../concurrency/frame.ts';
import type { FeedReset } from '../../declare/feed.ts';
import type { OpenChannels, StreamHead, StreamPage } from '../contract/engine.ts';
import type { Heads } from './heads.ts';
import { Places } from './place.ts';
import { RecentEntries, type StreamEntry, streamEntry } from './stream-entry.ts';

/** One that follows, as its reader sees it. */
export interface StreamSubscriber {
  /** Whether it waits for `resume()`. */
  readonly isPaused: boolean;
  /** An event that the reader has just read. */
  offer(entry: StreamEntry): void;
  /** It goes on at a place, and is told why. */
  reset(reason: FeedReset['reason'], place: number): void;
  /** Goes on with what it has not had. */
  pump(): void;
  /** Tells its follower that nothing more comes. */
  end(failure?: { readonly error: unknown }): void;
}

/** What all readers of a process share. */
export interface ReaderHost {
  readonly open: () => Promise<OpenChannels>;
  readonly heads: Heads;
  readonly log: () => Logger;
  /** Events that were read. */
  readonly count: (events: number) => void;
  /** The last subscriber has left. */
  readonly left: (reader: StreamReader) => void;
}

/** Events behind a place as subscribers get them, and what was true when they were read. */
export interface EntryPage extends Pick<StreamPage, 'log' | 'floor'> {
  readonly entries: readonly StreamEntry[];
  /** The last place that was read. */
  readonly last: number;
}

const pageSize = 200;

/** Reads one stream for all its subscribers in this process: what is new goes to those who are up to date, once. */
export class StreamReader {
  readonly stream: string;
  readonly #host: ReaderHost;
  readonly #all = new Set<StreamSubscriber>();
  /** Those who have had all up to `position` and take more. */
  readonly #live = new Set<StreamSubscriber>();
  readonly #stalled = new Set<StreamSubscriber>();
  readonly #pages = new Map<number, Promise<EntryPage>>();
  #position: number | undefined;
  #log = '';
  #places = new Places('', '');
  #recent = new RecentEntries(0);
  #isReading = false;
  #again = false;
  #isAway = false;

  constructor(stream: string, host: ReaderHost) {
    this.stream = stream;
    this.#host = host;
  }

  /** The place up to which it has read; `undefined` until it knows where to begin. */
  get position(): number | undefined {
    return this.#position;
  }

  get log(): string {
    return this.#log;
  }

  get places(): Places {
    return this.#places;
  }

  get subscriptions(): ReadonlySet<StreamSubscriber> {
    return this.#all;
  }

  join(subscription: StreamSubscriber): void {
    this.#all.add(subscription);
  }

  /** Begins with the first who knows a place. */
  begin({ log, last }: StreamHead, place: number): void {
    if (this.#position === undefined) {
      this.#startAt(log, place);
      this.wake();
    } else if (last > this.#position || log !== this.#log) this.wake();
  }

  goLive(subscription: StreamSubscriber): void {
    this.#live.add(subscription);
  }

  pause(subscription: StreamSubscriber): void {
    this.#live.delete(subscription);
  }

  /** Goes on with this one when the store answers again. */
  stall(subscription: StreamSubscriber, error: unknown): void {
    this.#stalled.add(subscription);
    this.#away(error);
  }

  leave(subscription: StreamSubscriber): void {
    this.#live.delete(subscription);
    this.#stalled.delete(subscription);
    if (this.#all.delete(subscription) && this.#all.size === 0) this.#host.left(this);
  }

  recentAfter(place: number): readonly StreamEntry[] | undefined {
    return this.#recent.after(place);
  }

  /** A page for those who are behind; who asks for the same one while it is on its way gets the same. */
  page(after: number): Promise<EntryPage> {
    let page = this.#pages.get(after);
    if (page === undefined) {
      page = runOutsideFrames(() => this.#read(after)).finally(() => this.#pages.delete(after));
      this.#pages.set(after, page);
    }
    return page;
  }

  /** A page as it is from now on. */
  freshPage(after: number): Promise<EntryPage> {
    return runOutsideFrames(() => this.#read(after));
  }

  head(): Promise<StreamHead> {
    return this.#host.heads.of(this.stream);
  }

  /** There may be something new. */
  wake(): void {
    this.#again = true;
    if (this.#isReading || this.#position === undefined) return;
    this.#isReading = true;
    runOutsideFrames(() => void this.#readOn());
  }

  /** What the look once a second has found; `before` is the position from when it was asked. */
  compare(head: StreamHead, before: number): void {
    if (this.#position === undefined) return;
    for (const subscription of this.#stalled) {
      this.#stalled.delete(subscription);
      subscription.pump();
    }
    if (head.log !== this.#log || head.last < before) this.restart(head);
    else if (head.last > this.#position) this.wake();
  }

  /** The places that it knew mean nothing any more. */
  restart({ log, last }: StreamHead): void {
    this.#startAt(log, last);
    for (const subscription of [...this.#all]) subscription.reset('unknown', last);
  }

  resetAt(reason: FeedReset['reason'], place: number): FeedReset {
    return { type: 'reset', reason, place: this.placeAt(place) };
  }

  /** A place as clients have it. */
  placeAt(place: number): string {
    return this.#places.write(place);
  }

  #startAt(log: string, place: number): void {
    this.#position = place;
    if (log !== this.#log) this.#places = new Places(log, this.stream);
    this.#log = log;
    this.#recent = new RecentEntries(place);
  }

  async #readOn(): Promise<void> {
    try {
      while (this.#again && this.#all.size > 0) {
        this.#again = false;
        while (await this.#readPage());
      }
    } catch (error) {
      this.#away(error);
    } finally {
      this.#isReading = false;
    }
  }

  /** Whether there may be more. */
  async #readPage(): Promise<boolean> {
    const after = this.#position!;
    const page = await this.page(after);
    if (this.#position !== after) return true;
    this.#isAway = false;
    if (page.log !== this.#log) {
      this.restart(await this.head());
      return false;
    }
    // They were slow together: what they want next is gone.
    if (page.floor > after) return this.#skip();
    for (const entry of page.entries) {
      this.#recent.push(entry);
      this.#position = entry.place;
      for (const subscription of this.#live) subscription.offer(entry);
    }
    this.#position = page.last;
    return page.entries.length === pageSize;
  }

  async #skip(): Promise<boolean> {
    const { log, last } = await this.head();
    this.#startAt(log, last);
    for (const subscription of [...this.#live]) subscription.reset('lagged', last);
    return true;
  }

  async #read(after: number): Promise<EntryPage> {
    const { log, floor, events } = await (await this.#host.open()).read(this.stream, after, pageSize);
    const places = log === this.#log ? this.#places : new Places(log, this.stream);
    this.#host.count(events.length);
    const entries = events.flatMap((event) => {
      try {
        return [streamEntry(event, places)];
      } catch (error) {
        this.#host
          .log()
          .error({ err: error, event_id: event.id }, 'an event that is kept cannot be read, and is left out');
        return [];
      }
    });
    return { log, floor, entries, last: events.at(-1)?.place ?? after };
  }

  #away(error: unknown): void {
    if (this.#all.size === 0) return;
    if (!this.#isAway) this.#host.log().warn({ err: error }, 'events cannot be read; trying again once a second');
    this.#isAway = true;
  }
}
