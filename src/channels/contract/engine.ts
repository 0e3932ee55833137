import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/logger.ts';

/** An event that is to be kept. */
export interface NewEvent {
  /** A UUID. */
  readonly id: string;
  /** The name of the channel. */
  readonly channel: string;
  /** The channel and the params of the event, as one text of at most 1,000 characters: the events of one stream have an order. */
  readonly stream: string;
  /** JSON. */
  readonly data: string;
  /** That it may have been taken before: an outbox hands on once more what it does not know to have arrived. */
  readonly again?: boolean;
}

/** An event that is kept. */
export interface StoredEvent extends Pick<NewEvent, 'id' | 'data'> {
  /** A whole number above 0, above that of every event of its stream that could be read before. Numbers may be left out. */
  readonly place: number;
}

/** Where a stream stands. */
export interface StreamHead {
  /** Which log it is: another text, should the places begin anew. */
  readonly log: string;
  /** The place up to which events are no longer kept, or 0. */
  readonly floor: number;
  /** The place of the last event, kept or not; `floor` or more. */
  readonly last: number;
}

/** Events of a stream one after another, and what is true at the same moment. */
export interface StreamPage extends Pick<StreamHead, 'log' | 'floor'> {
  readonly events: readonly StoredEvent[];
}

/** How long events are kept. */
export interface EventRetention {
  /** Milliseconds; `Infinity` is for ever. */
  readonly age: number;
  /** Events of one stream; `Infinity` is all. */
  readonly count: number;
}

/** Someone who is present in a stream as long as the process lives that says so. */
export interface NewMember {
  /** A UUID. */
  readonly id: string;
  readonly stream: string;
  /** JSON of what the channel's `member` is. */
  readonly data: string;
}

/** What an engine gets from its channels. */
export interface ChannelHost {
  readonly log: Logger;
  readonly clock: Clock;
  /** Unique for each start of a process. */
  readonly process: string;
  /** Milliseconds after which the members of a process that has not called `beat` are gone. */
  readonly presenceTimeout: number;
}

/** Where events are kept. `test/channels/conformance/` holds every engine to what is said here. */
export interface ChannelEngine {
  /** `memory`, `sql`, `redis`. */
  readonly kind: string;
  /** Its place, without a password. */
  readonly label: string;
  /** Whether other processes see its events. One that does not ends with its process. */
  readonly shared: boolean;
  /** Connects, and makes what is needed. Whatever fails leaves nothing open. */
  open(host: ChannelHost): Promise<OpenChannels>;
}

/** An engine that is open. What is asked while its server is away rejects, and is asked again by whoever asked. */
export interface OpenChannels {
  /** Why it cannot serve, where it is known that it cannot. */
  readonly away: string | undefined;
  /** Looks whether it can serve, for `away`. */
  check(): Promise<void>;
  /** The transaction of the running code that `publish` can join, where the engine has such. */
  currentTransaction?(): object | undefined;
  /**
   * Keeps events: all or none, those of one stream in this order, one after another. With a transaction of `currentTransaction` they are there
   * when that commits, at places given at the commit, and never if it does not; it holds up other writers of these streams only while it
   * commits. An event that comes `again`, and whose id it has taken from an event
   * that came so before, is passed over for as long as that one is kept.
   */
  publish(events: readonly NewEvent[], transaction?: object): Promise<void>;
  /**
   * The events of a stream behind a place, oldest first, at most `limit`. What is behind the place of an event that was read is complete: an
   * event whose place is below that of one that could be read could be read as well.
   */
  read(stream: string, after: number, limit: number): Promise<StreamPage>;
  /** Where streams stand, for each of them; one in which nothing was ever published has a head as well. */
  heads(streams: readonly string[]): Promise<ReadonlyMap<string, StreamHead>>;
  /**
   * Calls `listener` soon after events have been committed by anybody: with their streams, or `undefined` where it may have been any, after a
   * lost connection for example. Calls may be lost, which only delays: whoever reads looks once a second as well.
   */
  listen(listener: (streams: readonly string[] | undefined) => void): Disposable;
  /**
   * Drops what is kept too long, oldest first, never what is newer than something that stays: what is older than `age`, and of `streams` all
   * but the last `count`. At most some thousand events; the answer is how many were dropped, 0 when nothing is left to do. An engine that does
   * so by itself answers 0.
   */
  trim(channel: string, retention: EventRetention, streams: readonly string[]): Promise<number>;
  /** Adds members of this process; one that is there stays. */
  enter(members: readonly NewMember[]): Promise<void>;
  leave(ids: readonly string[]): Promise<void>;
  /** Says that this process lives. `false`: its members were forgotten, and have to enter anew. */
  beat(): Promise<boolean>;
  /** The members of a stream, of all processes that live. */
  present(stream: string): Promise<readonly Pick<NewMember, 'id' | 'data'>[]>;
  /** The members of this process leave, and it disconnects. Calls it out once the signal fires. */
  close(signal: AbortSignal): Promise<void>;
}
