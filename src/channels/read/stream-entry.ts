import { readJson } from '../../base/json/exact-json.ts';
import type { FeedEvent } from '../../declare/feed.ts';
import type { StoredEvent } from '../contract/engine.ts';
import type { Places } from './place.ts';

/** An event as all subscribers of a process get it, made once. */
export interface StreamEntry {
  readonly place: number;
  readonly item: FeedEvent<unknown>;
}

/** @throws SyntaxError where what is kept is no JSON. */
export function streamEntry({ id, place, data }: StoredEvent, places: Places): StreamEntry {
  const item = {
    type: 'event',
    id,
    place: places.write(place),
    data: frozen(readJson(data)),
    made: new Map(),
  } as const;
  return { place, item: Object.freeze(item) };
}

/** The value and all that is in it, which no subscriber can change for the others. A list in place of calls, however deep it is. */
function frozen(value: unknown): unknown {
  const open: unknown[] = [value];
  while (open.length > 0) {
    const one = open.pop();
    if (typeof one !== 'object' || one === null) continue;
    Object.freeze(one);
    for (const member of Object.values(one)) if (typeof member === 'object' && member !== null) open.push(member);
  }
  return value;
}

const most = 256;
const slack = 64;

/** The last events of a stream, for those who are a little behind. */
export class RecentEntries {
  #entries: StreamEntry[] = [];
  /** All behind this place are here. */
  #floor: number;

  constructor(floor: number) {
    this.#floor = floor;
  }

  push(entry: StreamEntry): void {
    this.#entries.push(entry);
    if (this.#entries.length < most + slack) return;
    this.#floor = this.#entries[slack - 1]!.place;
    this.#entries = this.#entries.slice(slack);
  }

  /** What follows a place; `undefined` where some of it is not here any more. */
  after(place: number): readonly StreamEntry[] | undefined {
    if (place < this.#floor) return undefined;
    let [low, high] = [0, this.#entries.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#entries[middle]!.place > place) high = middle;
      else low = middle + 1;
    }
    return this.#entries.slice(low);
  }
}
