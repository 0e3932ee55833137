import { runOutsideFrames } from '../../concurrency/frame.ts';
import { type AbortSource, offAbort, onAbort } from '../../concurrency/on-abort.ts';

const lookEvery = 1000;

/** Who has come and gone in a stream, as JSON, since it was last told. */
export interface PresenceStep {
  readonly joined: readonly string[];
  readonly left: readonly string[];
  readonly present: readonly string[];
}

interface Watched {
  readonly watchers: Set<() => void>;
  timer: NodeJS.Timeout | undefined;
  isLooking: boolean;
  present: readonly string[] | undefined;
}

/** Looks once a second who is present in the streams that are watched, once for all watchers of this process. */
export class PresenceWatch {
  readonly #ask: (stream: string) => Promise<readonly string[]>;
  readonly #streams = new Map<string, Watched>();
  #hasEnded = false;

  constructor(ask: (stream: string) => Promise<readonly string[]>) {
    this.#ask = ask;
  }

  get size(): number {
    return this.#streams.size;
  }

  /** A step for each time that somebody has come or gone; what happens between two is one. Ends with what it belongs to, and with the channels. */
  async *steps(stream: string, ending: AbortSource | undefined): AsyncGenerator<PresenceStep, undefined> {
    const watched = this.#of(stream);
    let wake = (): void => {};
    const watcher = (): void => wake();
    const listener = { onAbort: watcher };
    watched.watchers.add(watcher);
    if (ending !== undefined && !ending.aborted) onAbort(ending, listener);
    let known: readonly string[] = [];
    let isFirst = true;
    try {
      while (!this.#hasEnded) {
        if (ending?.aborted === true) throw ending.reason;
        const present = watched.present;
        if (present !== undefined && (isFirst || present !== known)) {
          const step = stepBetween(known, present);
          known = present;
          if (isFirst || step.joined.length > 0 || step.left.length > 0) {
            isFirst = false;
            yield step;
            continue;
          }
        }
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      return undefined;
    } finally {
      if (ending !== undefined) offAbort(ending, listener);
      watched.watchers.delete(watcher);
      if (watched.watchers.size === 0) this.#drop(stream, watched);
    }
  }

  /** Ends all that watch. */
  endAll(): void {
    this.#hasEnded = true;
    for (const { watchers } of this.#streams.values()) for (const wake of watchers) wake();
  }

  begin(): void {
    this.#hasEnded = false;
  }

  #of(stream: string): Watched {
    let watched = this.#streams.get(stream);
    if (watched === undefined) {
      watched = { watchers: new Set(), timer: undefined, isLooking: false, present: undefined };
      this.#streams.set(stream, watched);
      const found = watched;
      watched.timer = runOutsideFrames(() => setInterval(() => void this.#look(stream, found), lookEvery));
      void runOutsideFrames(() => this.#look(stream, found));
    }
    return watched;
  }

  #drop(stream: string, watched: Watched): void {
    clearInterval(watched.timer);
    if (this.#streams.get(stream) === watched) this.#streams.delete(stream);
  }

  async #look(stream: string, watched: Watched): Promise<void> {
    if (watched.isLooking) return;
    watched.isLooking = true;
    try {
      const present = [...new Set(await this.#ask(stream))].sort();
      const before = watched.present;
      if (before?.length === present.length && present.every((one, at) => one === before[at])) return;
      watched.present = present;
      for (const wake of watched.watchers) wake();
    } catch {
      // Who is present is not known while the store is away; the next look tries again.
    } finally {
      watched.isLooking = false;
    }
  }
}

function stepBetween(before: readonly string[], present: readonly string[]): PresenceStep {
  const [were, are] = [new Set(before), new Set(present)];
  return { joined: present.filter((one) => !were.has(one)), left: before.filter((one) => !are.has(one)), present };
}
