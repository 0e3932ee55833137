import { randomUUID } from 'node:crypto';
import type { StandardSchemaV1 } from '@standard-schema/spec';
import { checkOptions } from '../base/check-options.ts';
import { flag, type Rules } from '../base/check-values.ts';
import { CortadoError, invalidOption } from '../base/error.ts';
import type { Logger } from '../base/logger.ts';
import { quietLog } from '../base/process/quiet-log.ts';
import { settledBy } from '../concurrency/settled-by.ts';
import type { Component, ComponentParts, Gauge, Host } from '../inject/component.ts';
import { Channel, type ChannelHub } from './channel.ts';
import type { ChannelHost, NewEvent, OpenChannels } from './contract/engine.ts';
import { type ChannelOptions, type ChannelParams, channelDeclaration } from './declare/channel-options.ts';
import { type ChannelsOptions, type ChannelsUse, channelsSettings } from './declare/channels-options.ts';
import { documentedChannels } from './declare/documented-channels.ts';
import { LazyPlace } from './lazy-place.ts';
import { ChannelPresence, presenceTimeout } from './presence/presence.ts';
import { PresenceWatch } from './presence/presence-watch.ts';
import { StreamReaders } from './read/readers.ts';
import { Trimmer } from './trimmer.ts';

// Milliseconds that a transaction waits for subscriptions of its process to begin.
const longestWait = 100;

const outboxesIn = new WeakMap<object, Map<object, Channels>>();

/**
 * Events that commit: what is published inside of a transaction is sent when that commits, and vanishes when it rolls back; who subscribes gets
 * every event, in order, and goes on where it broke off.
 *
 * @throws CortadoError at declaration, wherever an option, a URL or a channel does not fit.
 * @example
 * ```ts
 * export const channels = new Channels({ engine: db });
 * export const rooms = channels.channel('rooms', { params: { room: z.string() }, event: Message });
 * app.use(channels);
 * await rooms.publish({ room: 'lobby' }, { text: 'hello' });
 * ```
 */
export class Channels implements Component<ChannelsUse | undefined>, AsyncDisposable {
  readonly #options: ChannelsOptions;
  readonly #channels = new Map<string, Channel<never, never, never>>();
  readonly #place: LazyPlace;
  readonly #hub: ChannelHub;
  readonly #trimmer: Trimmer;
  #host: Pick<Host, 'log'> | undefined;
  #published = 0;

  constructor(options: ChannelsOptions = {}) {
    this.#options = options;
    const settings = channelsSettings(options);
    const hub = this;
    const host: ChannelHost = {
      get log() {
        return hub.#log;
      },
      clock: settings.clock,
      process: randomUUID(),
      presenceTimeout,
    };
    this.#place = new LazyPlace(options, host);
    const log = (): Logger => this.#log;
    const open = async (): Promise<OpenChannels> => (await this.#place.open()).engine;
    const readers = new StreamReaders(open, log);
    const presence = new ChannelPresence(open, log);
    this.#trimmer = new Trimmer({
      declarations: () => [...this.#channels.values()].map(({ declaration }) => declaration),
      open,
      log,
    });
    this.#hub = {
      settings,
      readers,
      presence,
      presenceWatch: new PresenceWatch((stream) => this.#hub.present(stream)),
      publish: (event) => this.#publish(event),
      present: async (stream) => {
        if (!presence.isIdle) await presence.settled();
        return (await (await open()).present(stream)).map(({ data }) => data);
      },
    };
  }

  /**
   * Declares a channel: its name, which stays the same in storage; what tells its events apart; what an event is.
   *
   * @throws CortadoError `CORTADO_CHANNEL_NAME`, `CORTADO_OPTION_UNKNOWN`, `CORTADO_OPTION_INVALID`.
   * @example
   * ```ts
   * const rooms = channels.channel('rooms', {
   *   params: { room: z.string() },
   *   event: z.object({ text: z.string() }),
   *   retention: { age: 86_400_000, count: 1000 },
   * });
   * ```
   */
  channel<
    E extends StandardSchemaV1,
    P extends ChannelParams = Record<never, never>,
    M extends StandardSchemaV1 | undefined = undefined,
  >(name: string, options: ChannelOptions<P, E, M>): Channel<P, E, M> {
    const declaration = channelDeclaration(name, options);
    if (this.#channels.has(name))
      throw new CortadoError('CORTADO_CHANNEL_NAME', `channel "${name}" is declared twice.`);
    const channel = new Channel<P, E, M>(declaration, this.#hub);
    this.#channels.set(name, channel as unknown as Channel<never, never, never>);
    return channel;
  }

  /** The declared channels. */
  get channels(): readonly Channel<never, never, never>[] {
    return [...this.#channels.values()];
  }

  /**
   * Connects to the engine, unless that has been done; `app.use` and the first event do so too.
   *
   * @throws what the engine throws.
   */
  async open(): Promise<void> {
    await this.#place.open();
    this.#hub.readers.isEnding = false;
    this.#hub.presenceWatch.begin();
    this.#trimmer.start();
  }

  /** Ends all subscriptions and disconnects. `signal` fires when there is no time left for words with the engine. */
  async close(signal: AbortSignal = AbortSignal.timeout(5000)): Promise<void> {
    this.#endAll();
    this.#hub.presence.clear();
    await this.#trimmer.stop();
    await this.#place.close(signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** Drops what is kept too long now: for tests. */
  '~trim'(): Promise<void> {
    return this.#trimmer.trim();
  }

  /** What is read in this process: for tests. */
  get '~readers'(): StreamReaders {
    return this.#hub.readers;
  }

  '~component'(host: Host, options: ChannelsUse = {}): ComponentParts {
    checkOptions('app.use(channels)', options, { documented: flag } satisfies Rules<ChannelsUse>);
    this.#takeOutbox(host.container);
    this.#host = host;
    let isOpen = false;
    return {
      name: 'channels',
      self: this,
      ...(options.documented !== false && {
        channels: () => documentedChannels(this.channels.map(({ declaration }) => declaration)),
      }),
      start: async () => {
        await this.open();
        isOpen = true;
      },
      stopping: () => this.#endAll(),
      stop: async (signal) => {
        isOpen = false;
        await this.close(signal);
      },
      notReady: () => (isOpen ? this.#place.opened?.engine.away : 'the channels are not open'),
      check: async () => {
        if (isOpen) await this.#place.opened?.engine.check();
      },
      gauges: () => this.#gauges(),
    };
  }

  #endAll(): void {
    this.#hub.readers.endAll();
    this.#hub.presenceWatch.endAll();
  }

  get #log(): Logger {
    return this.#host?.log ?? this.#options.log ?? quietLog;
  }

  async #publish(event: NewEvent): Promise<void> {
    const { engine, joiners } = await this.#place.open();
    const joiner = joiners.find((one) => one.current() !== undefined);
    const { heads } = this.#hub.readers;
    // Whoever has subscribed in this process before sees it. A transaction may have the connection that they wait for.
    if (heads.isWanted(event.stream))
      await settledBy(heads.settled(event.stream), joiner === undefined ? undefined : longestWait);
    if (joiner === undefined) await engine.publish([event]);
    else await joiner.publish([event], joiner.current()!);
    this.#note(event);
  }

  #note({ channel, stream }: NewEvent): void {
    this.#published++;
    this.#trimmer.start();
    this.#trimmer.note(channel, stream);
  }

  // Each would hand on what the other has published, to an engine that it was not meant for.
  #takeOutbox(app: object): void {
    const { outbox } = this.#options;
    if (outbox === undefined || outbox === this.#options.engine) return;
    const taken = outboxesIn.get(app) ?? new Map<object, Channels>();
    outboxesIn.set(app, taken);
    if ((taken.get(outbox) ?? this) !== this)
      throw invalidOption(
        'app.use(channels): other channels of this app have the same outbox. Declare all on one Channels.',
      );
    taken.set(outbox, this);
  }

  #gauges(): readonly Gauge[] {
    const { readers, presence } = this.#hub;
    const { all, waiting } = readers.followers;
    const figures: readonly (readonly [name: string, help: string, value: number])[] = [
      ['subscribers', 'Subscriptions to channels in this process.', all],
      ['subscribers_waiting', 'Subscriptions that do not take what there is for them.', waiting],
      ['streams', 'Streams of events that are read in this process.', readers.size],
      ['members', 'Members of this process who are present.', presence.size],
      ['events_read_total', 'Events that were read in this process since its start.', readers.read],
      ['events_published_total', 'Events that were published in this process since its start.', this.#published],
    ];
    return figures.map(([name, help, value]) => ({ name: `cortado_channels_${name}`, help, value }));
  }
}
