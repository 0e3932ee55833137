import { randomUUID } from 'node:crypto';
import { tellAll } from '../../../base/process/tell-all.ts';
import type {
  ChannelEngine,
  ChannelHost,
  EventRetention,
  NewMember,
  OpenChannels,
  StoredEvent,
  StreamHead,
  StreamPage,
} from '../../contract/engine.ts';

interface KeptEvent extends StoredEvent {
  readonly channel: string;
  readonly at: number;
}

interface Stream {
  events: KeptEvent[];
  floor: number;
}

const takenFor = 60_000;

/** Keeps events in the process: gone with it, and seen by nobody else. */
export class MemoryChannels implements ChannelEngine {
  readonly kind = 'memory';
  readonly label = 'memory:';
  readonly shared = false;
  readonly #kept = new Kept();

  async open(host: ChannelHost): Promise<OpenChannels> {
    return openMemory(this.#kept, host);
  }
}

/** What stays when an engine is closed and opened again. */
class Kept {
  readonly log: string = randomUUID();
  readonly streams = new Map<string, Stream>();
  /** The ids of events, with when they came. */
  readonly ids = new Map<string, number>();
  readonly members = new Map<string, NewMember>();
  readonly listeners = new Set<(streams: readonly string[]) => void>();
  last = 0;
  /** What streams that are empty have lost, at most. */
  floor = 0;
}

function openMemory(kept: Kept, { clock }: ChannelHost): OpenChannels {
  const own = new Set<string>();
  const headOf = (stream: string): StreamHead => {
    const { events, floor } = kept.streams.get(stream) ?? { events: [], floor: 0 };
    const least = Math.max(floor, kept.floor);
    return { log: kept.log, floor: least, last: Math.max(least, events.at(-1)?.place ?? 0) };
  };
  return {
    away: undefined,
    async check() {},

    async publish(events) {
      const at = clock.now();
      const fresh = events.filter(({ id }) => !kept.ids.has(id));
      for (const { id, channel, stream, data } of fresh) {
        kept.ids.set(id, at);
        const held = kept.streams.get(stream) ?? { events: [], floor: kept.floor };
        kept.streams.set(stream, held);
        held.events.push({ id, channel, data, at, place: ++kept.last });
      }
      if (fresh.length > 0) tellAll(kept.listeners, [...new Set(fresh.map(({ stream }) => stream))]);
    },

    async read(stream, after, limit): Promise<StreamPage> {
      const { log, floor } = headOf(stream);
      const all = kept.streams.get(stream)?.events ?? [];
      const from = firstBeyond(all, after);
      return { log, floor, events: all.slice(from, from + limit) };
    },

    async heads(streams) {
      return new Map(streams.map((stream) => [stream, headOf(stream)]));
    },

    listen(listener) {
      const entry = (streams: readonly string[]): void => listener(streams);
      kept.listeners.add(entry);
      return { [Symbol.dispose]: () => void kept.listeners.delete(entry) };
    },

    async trim(channel, { age, count }: EventRetention, streams) {
      const now = clock.now();
      const counted = new Set(streams);
      let dropped = 0;
      for (const [stream, held] of kept.streams) {
        if (held.events[0]?.channel !== channel) continue;
        let gone = held.events.findIndex(({ at }) => at >= now - age);
        if (gone === -1) gone = held.events.length;
        if (counted.has(stream)) gone = Math.max(gone, held.events.length - count);
        if (gone <= 0) continue;
        held.floor = held.events[gone - 1]!.place;
        held.events = held.events.slice(gone);
        dropped += gone;
        if (held.events.length > 0) continue;
        kept.streams.delete(stream);
        kept.floor = Math.max(kept.floor, held.floor);
      }
      forgetIds(kept, now);
      return dropped;
    },

    async enter(members) {
      for (const member of members) {
        own.add(member.id);
        kept.members.set(member.id, member);
      }
    },

    async leave(ids) {
      for (const id of ids) {
        own.delete(id);
        kept.members.delete(id);
      }
    },

    beat: async () => true,
    present: async (wanted) => [...kept.members.values()].filter(({ stream }) => stream === wanted),

    async close() {
      for (const id of own) kept.members.delete(id);
      own.clear();
    },
  };
}

function firstBeyond(events: readonly KeptEvent[], place: number): number {
  let [low, high] = [0, events.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (events[middle]!.place > place) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Ids of events that are no longer kept are remembered for a minute. */
function forgetIds({ ids, streams }: Kept, now: number): void {
  if ([...ids.values()].every((at) => at > now - takenFor)) return;
  const there = new Set([...streams.values()].flatMap(({ events }) => events.map(({ id }) => id)));
  for (const [id, at] of ids) if (at <= now - takenFor && !there.has(id)) ids.delete(id);
}
