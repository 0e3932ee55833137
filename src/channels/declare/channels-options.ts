import { checkOptions } from '../../base/check-options.ts';
import { anything, type Rules, whole } from '../../base/check-values.ts';
import { type Clock, systemClock } from '../../base/clock.ts';
import type { Logger } from '../../base/logger.ts';
import type { DatabaseLike } from '../../db/database-like.ts';
import type { ChannelEngine } from '../contract/engine.ts';

/** Where events are kept: a database of the app, a URL, or an engine of your own. */
export type ChannelEngineChoice = ChannelEngine | DatabaseLike | string;

/** Options of {@link Channels}. */
export interface ChannelsOptions {
  /**
   * Where events are kept: a database of `cortado/db`, `sqlite:…`, `postgres://…`, `redis://…`, `memory:`, or an engine. Default `memory:`,
   * which forgets them with the process and is seen by no other.
   */
  readonly engine?: ChannelEngineChoice;
  /**
   * A database whose transactions events join although they are kept elsewhere: inside of one, an event is a row first and is handed on after
   * the commit. Default: none, and events leave at once.
   */
  readonly outbox?: DatabaseLike;
  /** Most bytes of JSON that an event may have. Default 1 MiB. */
  readonly payloadLimit?: number;
  /** Default: the app's logger; without an app, warnings on standard error. */
  readonly log?: Logger;
  /** The time, for tests. Default: the machine's. */
  readonly clock?: Clock;
}

export type ChannelsSettings = Required<Pick<ChannelsOptions, 'payloadLimit' | 'clock'>>;

const rules: Rules<ChannelsOptions> = {
  engine: anything,
  outbox: anything,
  payloadLimit: whole(1, 'bytes, '),
  log: anything,
  clock: anything,
};

export function channelsSettings(options: ChannelsOptions): ChannelsSettings {
  checkOptions('Channels', options, rules);
  const { payloadLimit = 1024 * 1024, clock = systemClock } = options;
  return { payloadLimit, clock };
}

/** Options of `app.use(channels, …)`. */
export interface ChannelsUse {
  /** `false` keeps its channels, and their events, out of the AsyncAPI document. Default `true`. */
  readonly documented?: boolean;
}
