import type { StandardSchemaV1 } from '@standard-schema/spec';
import { checkOptions } from '../base/check-options.ts';
import { anything, type Rules } from '../base/check-values.ts';
import { CortadoError } from '../base/error.ts';
import { readJson } from '../base/json/exact-json.ts';
import type { Json } from '../base/json/json.ts';
import { uuid } from '../base/uuid.ts';
import { currentEnding } from '../concurrency/frame.ts';
import type { AbortSource } from '../concurrency/on-abort.ts';
import type { Feed } from '../declare/feed.ts';
import type { NewEvent } from './contract/engine.ts';
import type { ChannelDeclaration, ChannelKey, ChannelParams } from './declare/channel-options.ts';
import { encodeEvent, encodeMember, streamNameOf } from './declare/channel-values.ts';
import type { ChannelsSettings } from './declare/channels-options.ts';
import type { ChannelPresence } from './presence/presence.ts';
import type { PresenceWatch } from './presence/presence-watch.ts';
import { channelFeed } from './read/channel-feed.ts';
import type { StreamReaders } from './read/readers.ts';

/** Options of {@link Channel.subscribe}. */
export interface SubscribeOptions<M extends StandardSchemaV1 | undefined> {
  /**
   * The place of the last event that was seen, as a client says it: a text that may be anything. What is no place of these events, or is kept no
   * more, gets a `reset`. Default: from the present on.
   */
  readonly after?: string;
  /** Who subscribes, and is present for as long as that lasts. Default: nobody. */
  readonly as?: StandardSchemaV1.InferInput<Exclude<M, undefined>>;
}

/** An event as subscribers get it: what its schema has made of what was published, as JSON. */
export type ChannelEvent<E extends StandardSchemaV1> = Json<StandardSchemaV1.InferOutput<E>>;

/** Who is present, as JSON. */
export type ChannelMember<M extends StandardSchemaV1 | undefined> = Json<
  StandardSchemaV1.InferOutput<Exclude<M, undefined>>
>;

/** Who has come and gone since the change before, and who is present now. */
export interface PresenceChange<Member> {
  readonly joined: readonly Member[];
  readonly left: readonly Member[];
  readonly present: readonly Member[];
}

/** What a channel needs of all that its process has of them. */
export interface ChannelHub {
  readonly settings: ChannelsSettings;
  readonly readers: StreamReaders;
  readonly presence: ChannelPresence;
  readonly presenceWatch: PresenceWatch;
  readonly publish: (event: NewEvent) => Promise<void>;
  readonly present: (stream: string) => Promise<readonly string[]>;
}

const rules: Rules<SubscribeOptions<StandardSchemaV1>> = { after: anything, as: anything };

/**
 * Events of one kind, which commit with the transaction that publishes them. Made by {@link Channels.channel}.
 *
 * @example
 * ```ts
 * const rooms = channels.channel('rooms', { params: { room: z.string() }, event: Message });
 * await rooms.publish({ room: 'lobby' }, { text: 'hello' });
 * for await (const item of rooms.subscribe({ room: 'lobby' })) console.log(item);
 * ```
 */
export class Channel<
  P extends ChannelParams = ChannelParams,
  E extends StandardSchemaV1 = StandardSchemaV1,
  M extends StandardSchemaV1 | undefined = undefined,
> {
  readonly declaration: ChannelDeclaration;
  readonly #hub: ChannelHub;

  constructor(declaration: ChannelDeclaration, hub: ChannelHub) {
    this.declaration = declaration;
    this.#hub = hub;
  }

  get name(): string {
    return this.declaration.name;
  }

  /**
   * Publishes an event. Inside of a session of its database, or of the outbox, it is sent when that commits, and vanishes when it does not.
   *
   * @param params What tells its events apart; `{}` where the channel has none.
   * @returns its id, a UUID to recognise it by. Its place it gets as it commits.
   * @throws CortadoError `CORTADO_CHANNEL_INPUT` where params or event do not fit, and nothing is sent.
   * @example
   * ```ts
   * const id = await rooms.publish({ room: 'lobby' }, { text: 'hello' });
   * ```
   */
  async publish(params: ChannelKey<P>, event: StandardSchemaV1.InferInput<E>): Promise<string> {
    const { settings, publish } = this.#hub;
    const { name, event: schema } = this.declaration;
    const stream = streamNameOf(this.declaration, params);
    const data = await encodeEvent(`channel "${name}": the event`, schema, event, settings.payloadLimit);
    const id = uuid(settings.clock.now());
    await publish({ id, channel: name, stream, data });
    return id;
  }

  /**
   * The events of these params, one after another, without a gap: from now on, or behind a place. A feed goes into a loop, to `socket.pipe`, or
   * is what a handler of an `eventStream` returns. It ends with the loop, with the request or task that it was made in, and as the app
   * stops.
   *
   * @throws CortadoError `CORTADO_CHANNEL_INPUT` where params or member do not fit.
   * @example
   * ```ts
   * app.get('/rooms/{room}/events', { params: { room: z.string() }, response: eventStream(Message) }, ({ room }) => rooms.subscribe({ room }));
   * ```
   */
  subscribe(params: ChannelKey<P>, options: SubscribeOptions<M> = {}): Feed<ChannelEvent<E>> {
    const owner = `channel "${this.name}".subscribe()`;
    checkOptions(owner, options, rules);
    const { readers, presence } = this.#hub;
    const stream = streamNameOf(this.declaration, params);
    const member = options.as === undefined ? undefined : this.#memberOf(options.as);
    return channelFeed<ChannelEvent<E>>({
      readers,
      stream,
      after: options.after,
      ending: currentEnding(),
      onFollow: () => (member === undefined ? () => {} : presence.enter(stream, member)),
    });
  }

  /**
   * Who is present: all that subscribe with these params `as` somebody, in whichever process, each only once. Those of a process that was killed
   * are gone within six seconds.
   *
   * @throws CortadoError `CORTADO_CHANNEL_INPUT` where the params do not fit.
   */
  async present(params: ChannelKey<P>): Promise<readonly ChannelMember<M>[]> {
    const texts = await this.#hub.present(streamNameOf(this.declaration, params));
    return [...new Set(texts)].map((text) => readJson(text) as ChannelMember<M>);
  }

  /**
   * Who comes and goes: first all who are present, then a change each time, noticed within about a second. It ends with the loop, with the request or
   * task that it was made in, and as the app stops.
   *
   * @throws CortadoError `CORTADO_CHANNEL_INPUT` where the params do not fit.
   * @example
   * ```ts
   * for await (const { joined, left } of rooms.watchPresence({ room: 'lobby' })) console.log(joined, left);
   * ```
   */
  watchPresence(params: ChannelKey<P>): AsyncIterableIterator<PresenceChange<ChannelMember<M>>, undefined> {
    const stream = streamNameOf(this.declaration, params);
    return this.#presenceSteps(stream, currentEnding());
  }

  async *#presenceSteps(
    stream: string,
    ending: AbortSource | undefined,
  ): AsyncGenerator<PresenceChange<ChannelMember<M>>, undefined> {
    const read = (texts: readonly string[]): ChannelMember<M>[] =>
      texts.map((text) => readJson(text) as ChannelMember<M>);
    for await (const { joined, left, present } of this.#hub.presenceWatch.steps(stream, ending))
      yield { joined: read(joined), left: read(left), present: read(present) };
    return undefined;
  }

  #memberOf(as: unknown): string {
    const { name, member } = this.declaration;
    const owner = `channel "${name}": the member`;
    if (member === undefined)
      throw new CortadoError(
        'CORTADO_CHANNEL_INPUT',
        `${owner} has no schema: declare the channel with { member: … }.`,
      );
    return encodeMember(owner, member, as, this.#hub.settings.payloadLimit);
  }
}
