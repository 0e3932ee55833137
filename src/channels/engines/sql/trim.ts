import type { SqlStore } from '../../../db/store/sql-store.ts';
import type { EventRetention } from '../../contract/engine.ts';
import {
  beyondAge,
  beyondCount,
  cuts,
  dropEvents,
  dropFloors,
  mergeFloors,
  oldestUpTo,
  raiseFloors,
  type StreamCut,
  streamRows,
} from './statements.ts';

const batch = 1000;
const week = 7 * 86_400_000;

/** Drops a batch of what is kept too long, always the oldest of a stream; resolves to how many events. */
export async function trimEvents(
  store: SqlStore,
  channel: string,
  { age, count }: EventRetention,
  streams: readonly string[],
): Promise<number> {
  const old = Number.isFinite(age) ? await store.run(beyondAge, { channel, age: Math.trunc(age), limit: batch }) : [];
  const rows = streamRows.json(streams.map((stream) => ({ stream })));
  const many = Number.isFinite(count) && streams.length > 0 ? await store.run(beyondCount, { rows, count }) : [];
  const highest = new Map<string, StreamCut>();
  for (const cut of [...old, ...many])
    if (!((highest.get(cut.stream)?.place ?? 0) > cut.place)) highest.set(cut.stream, cut);
  if (highest.size === 0) return 0;
  return store.transaction(async (inside) => {
    const gone = await inside.run(oldestUpTo, { rows: cuts.json([...highest.values()]), limit: batch });
    const floors = new Map<string, StreamCut>();
    for (const cut of gone) floors.set(cut.stream, cut);
    // In one order, so that processes which trim at the same time do not wait for each other in a circle.
    const sorted = [...floors.values()].sort((a, b) => (a.stream < b.stream ? -1 : 1));
    await inside.run(raiseFloors, { rows: cuts.json(sorted) });
    return (await inside.run(dropEvents, { rows: cuts.json(gone) })).length;
  });
}

/** Floors of streams that have been still for a week become one of all streams. */
export async function forgetFloors(store: SqlStore): Promise<void> {
  await store.transaction(async (inside) => {
    await inside.run(mergeFloors, { age: week });
    await inside.run(dropFloors, {});
  });
}
