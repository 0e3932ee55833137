import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import { redisError } from '../../../redis/redis-connection.ts';
import type { ChannelHost, NewEvent, StreamHead, StreamPage } from '../../contract/engine.ts';
import { channelScripts } from './lua/channel-scripts.ts';

type Argument = string | number;
type Step = keyof typeof channelScripts;
// The client takes lists, and joins them.
type Command = (...parts: readonly (readonly Argument[])[]) => Promise<unknown>;
type FoundEvent = readonly [id: string, fields: readonly [string, string, string, string]];

/** An event that this process has published or read. */
interface SeenEvent {
  readonly log: string;
  readonly stream: string;
  readonly place: number;
}

/** Where a stream stood in which nothing is kept. */
interface StillStream {
  readonly log: string;
  readonly last: number;
  /** The place that an event of that moment would have had. */
  readonly moment: number;
  /** By the clock of this process. */
  readonly at: number;
}

export const prefix = 'cortado:channels:';
// Much less than the week after which Redis forgets where an empty stream stood.
const stillFor = 300_000;
const forgetEvery = 60_000;
// It is there, but takes nothing now, whoever asks: memory or disk are full, it is a replica, or busy.
const cannotServe = /\b(?:OOM|MISCONF|READONLY|NOREPLICAS|MASTERDOWN|BUSY) /;

/** The scripts of the engine, and what this process knows between two of them. */
export class ChannelStore {
  readonly #redis: Redis;
  readonly #url: string;
  readonly #clock: ChannelHost['clock'];
  readonly #run: Readonly<Record<Step, Command>>;
  readonly #still = new Map<string, StillStream>();
  #forgottenAt = 0;
  /** The last event that this process has seen. */
  #seen: SeenEvent | undefined;
  /** The one that it had seen when the connection was lost, as long as the server was not asked for it: it may come back without its last events. */
  #witness: SeenEvent | undefined;

  constructor(redis: Redis, url: string, clock: ChannelHost['clock']) {
    this.#redis = redis;
    this.#url = url;
    this.#clock = clock;
    this.#run = commands(redis);
    redis.on('close', () => {
      this.#witness ??= this.#seen;
    });
  }

  async publish(events: readonly NewEvent[]): Promise<void> {
    const each = events.flatMap(({ channel, stream, id, data }) => [channel, stream, id, data]);
    const [log, stream, place] = await this.#callInLog<[string, number]>('publish', [events.length, ...each]);
    if (place > 0) this.#see({ log, stream, place });
  }

  async read(stream: string, after: number, limit: number): Promise<StreamPage> {
    type Answer = [moment: number, floor: number, isUnknown: number, events: readonly FoundEvent[]];
    const [log, moment, low, isUnknown, found] = await this.#callInLog<Answer>('read', [stream, after, limit]);
    const events = found.map(([place, [, id, , data]]) => ({ id, data, place: Number.parseInt(place, 10) }));
    const last = events.at(-1);
    if (last !== undefined) this.#see({ log, stream, place: last.place });
    // Whoever stands at a place that this stream never had, or has lost, may have missed anything.
    const floor = isUnknown === 1 ? after + 1 : this.#floorOf(stream, log, low, moment);
    return { log, floor, events };
  }

  async heads(streams: readonly string[]): Promise<ReadonlyMap<string, StreamHead>> {
    const heads = new Map<string, StreamHead>();
    if (streams.length === 0) return heads;
    const [log, moment, ...each] = await this.#callInLog<number[]>('heads', [streams.length, ...streams]);
    const at = this.#clock.elapsed();
    for (const [n, stream] of streams.entries()) {
      const [low, found, hasEvents] = each.slice(n * 3, n * 3 + 3) as [number, number, number];
      const floor = this.#floorOf(stream, log, low, moment!);
      const last = hasEvents === 1 ? Math.max(floor, found) : floor;
      if (hasEvents === 0) this.#still.set(stream, { log, last, moment: moment!, at });
      heads.set(stream, { log, floor, last });
    }
    this.#forgetStill(at);
    return heads;
  }

  /** Runs a script; that the server is away is an error of ours. */
  async call(step: Step, ...args: readonly (readonly Argument[])[]): Promise<unknown> {
    try {
      return await this.#run[step]([prefix], ...args);
    } catch (error) {
      throw redisError('CHANNEL', this.#url, error, cannotServe);
    }
  }

  /** Looks whether the server answers. */
  async check(): Promise<void> {
    await this.#redis.ping().catch(() => {});
  }

  /** A script whose answer is true of one log. Each time with a name for another one, in case that there is none. */
  async #callInLog<T extends readonly unknown[]>(step: Step, args: readonly Argument[]): Promise<[string, ...T]> {
    const witness = this.#witness;
    const { log, stream, place } = witness ?? { log: '', stream: '', place: 0 };
    const answer = (await this.call(step, [randomUUID(), log, stream, place], args)) as [string, ...T];
    if (this.#witness === witness) this.#witness = undefined;
    return answer;
  }

  #see(event: SeenEvent): void {
    if (this.#seen?.log !== event.log || event.place > this.#seen.place) this.#seen = event;
  }

  /**
   * Of a stream that was empty a moment ago nothing more than then can be gone, unless that happened since. Redis may have forgotten meanwhile
   * where just this one stood, and says where all such stood at most: nobody who follows it has to be told of that.
   */
  #floorOf(stream: string, log: string, floor: number, moment: number): number {
    const still = this.#still.get(stream);
    if (still === undefined || still.log !== log || moment - still.moment > stillFor * 1000) return floor;
    return floor <= still.moment ? Math.min(floor, still.last) : floor;
  }

  #forgetStill(now: number): void {
    if (now - this.#forgottenAt < forgetEvery) return;
    this.#forgottenAt = now;
    for (const [stream, { at }] of this.#still) if (now - at > stillFor) this.#still.delete(stream);
  }
}

// Without keys: a script learns as it goes which there are, so Redis Cluster, which wants to know before, is out.
function commands(redis: Redis): Record<Step, Command> {
  const run = {} as Record<Step, Command>;
  for (const [step, lua] of Object.entries(channelScripts) as [Step, string][]) {
    const command = `cortado_channels_${step}`;
    redis.defineCommand(command, { numberOfKeys: 0, lua });
    run[step] = (...parts) => (redis as unknown as Record<string, Command>)[command]!(...parts);
  }
  return run;
}
