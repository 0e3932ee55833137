import type { SqlStore } from '../../../db/store/sql-store.ts';
import type { EventRetention } from '../../contract/engine.ts';
import {
  beyondAge,
  beyondCount,
  cuts,
  dropEvents,
  dropFloors,
  mergeFloors,
  noteDropped,
  oldestOf,
  oldestUpTo,
  raiseFloors,
  type StreamCut,
  streamRows,
} from './statements.ts';

const batch = 1000;
const week = 7 * 86_400_000;

/** Drops what is kept too long, always the oldest of a stream, some of it at a time. */
export class SqlTrim {
  readonly #store: SqlStore;
  /** The stream up to which the streams of a channel have been looked through. */
  readonly #looked = new Map<string, string>();

  constructor(store: SqlStore) {
    this.#store = store;
  }

  /** Resolves to how many events were dropped. */
  async trim(channel: string, { age, count }: EventRetention, streams: readonly string[]): Promise<number> {
    const rows = namesOf(streams);
    const many =
      Number.isFinite(count) && streams.length > 0 ? await this.#store.run(beyondCount, { rows, count }) : [];
    const old = Number.isFinite(age) ? await this.#tooOld(channel, Math.trunc(age)) : [];
    const highest = new Map<string, StreamCut>();
    for (const cut of [...old, ...many])
      if (!((highest.get(cut.stream)?.place ?? 0) > cut.place)) highest.set(cut.stream, cut);
    return highest.size === 0 ? 0 : this.#drop([...highest.values()]);
  }

  /** Of the next thousand streams; once they are through, it begins anew. */
  async #tooOld(channel: string, age: number): Promise<StreamCut[]> {
    const from = this.#looked.get(channel) ?? `${channel}:`;
    // The character after the colon ends the names of the channel.
    const oldest = await this.#store.run(oldestOf, { after: from, end: `${channel};`, limit: batch });
    const old = oldest.filter((one) => one.age > age).map(({ stream }) => stream);
    if (old.length === 0) {
      if (oldest.length < batch) this.#looked.delete(channel);
      else this.#looked.set(channel, oldest.at(-1)!.stream);
      return [];
    }
    return this.#store.run(beyondAge, { rows: namesOf(old), age, limit: batch });
  }

  #drop(cutsOfStreams: readonly StreamCut[]): Promise<number> {
    return this.#store.transaction(async (inside) => {
      const gone = await inside.run(oldestUpTo, { rows: cuts.json(cutsOfStreams), limit: batch });
      const floors = new Map<string, StreamCut>();
      for (const cut of gone) floors.set(cut.stream, cut);
      // In one order, so that processes which trim at the same time do not wait for each other in a circle.
      const sorted = [...floors.values()].sort((a, b) => (a.stream < b.stream ? -1 : 1));
      await inside.run(raiseFloors, { rows: cuts.json(sorted) });
      if (gone.length > 0 && this.#store.dialect.kind === 'sqlite')
        await inside.run(noteDropped, { place: gone.at(-1)!.place });
      return (await inside.run(dropEvents, { rows: cuts.json(gone) })).length;
    });
  }
}

function namesOf(streams: readonly string[]): string {
  return streamRows.json(streams.map((stream) => ({ stream })));
}

/** Floors of streams that have been still for a week become one of all streams. */
export async function forgetFloors(store: SqlStore): Promise<void> {
  await store.transaction(async (inside) => {
    await inside.run(mergeFloors, { age: week });
    await inside.run(dropFloors, {});
  });
}
