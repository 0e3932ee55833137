import type { Logger } from '../../base/logger.ts';
import { runOutsideFrames } from '../../concurrency/frame.ts';
import type { OpenChannels } from '../contract/engine.ts';
import { Heads } from './heads.ts';
import { Places } from './place.ts';
import { type ReaderHost, StreamReader } from './stream-reader.ts';
import type { StreamStart } from './subscription.ts';

const lookEvery = 1000;
const mostHeads = 500;

/** The readers of a process, one for each stream that has subscribers; woken by alarms, and once a second in any case. */
export class StreamReaders {
  readonly heads: Heads;
  readonly #open: () => Promise<OpenChannels>;
  readonly #host: ReaderHost;
  readonly #readers = new Map<string, StreamReader>();
  #timer: NodeJS.Timeout | undefined;
  #listening: Disposable | undefined;
  #isLooking = false;
  /** Events that were read. */
  read = 0;
  /** Whether all that follow end, those who come now as well. */
  isEnding = false;

  constructor(open: () => Promise<OpenChannels>, log: () => Logger) {
    this.#open = open;
    this.heads = new Heads(open);
    this.#host = {
      open,
      heads: this.heads,
      log,
      count: (events) => {
        this.read += events;
      },
      left: (reader) => this.#drop(reader),
    };
  }

  get size(): number {
    return this.#readers.size;
  }

  /** How many follow, and how many of them do not take what there is for them. */
  get followers(): { readonly all: number; readonly waiting: number } {
    let [all, waiting] = [0, 0];
    for (const { subscriptions } of this.#readers.values())
      for (const { isPaused } of subscriptions) {
        all++;
        if (isPaused) waiting++;
      }
    return { all, waiting };
  }

  /** From where a subscription goes on that begins now: behind the place that a client says, or from the present on. */
  async start(stream: string, after: unknown): Promise<StreamStart> {
    const head = await this.heads.of(stream);
    if (after === undefined) return { head, place: head.last, reset: undefined };
    const place = new Places(head.log, stream).read(after);
    if (place === undefined || place > head.last) return { head, place: head.last, reset: 'unknown' };
    return place < head.floor ? { head, place: head.last, reset: 'expired' } : { head, place, reset: undefined };
  }

  /** The reader of a stream; it leaves with the last who joins it. */
  of(stream: string): StreamReader {
    let reader = this.#readers.get(stream);
    if (reader === undefined) {
      reader = new StreamReader(stream, this.#host);
      this.#readers.set(stream, reader);
      this.#begin();
    }
    return reader;
  }

  /** Ends all that follow. */
  endAll(): void {
    this.isEnding = true;
    for (const { subscriptions } of [...this.#readers.values()])
      for (const subscription of [...subscriptions]) subscription.end();
  }

  #begin(): void {
    if (this.#timer !== undefined) return;
    this.#timer = runOutsideFrames(() => setInterval(() => void this.#look(), lookEvery));
    void runOutsideFrames(() => this.#listen());
  }

  async #listen(): Promise<void> {
    if (this.#listening !== undefined) return;
    try {
      const engine = await this.#open();
      if (this.#timer === undefined || this.#listening !== undefined) return;
      this.#listening = engine.listen((streams) => this.#wake(streams));
    } catch {
      // Whoever subscribes is told, and the next look tries again.
    }
  }

  #wake(streams: readonly string[] | undefined): void {
    if (streams === undefined) for (const reader of this.#readers.values()) reader.wake();
    else for (const stream of streams) this.#readers.get(stream)?.wake();
  }

  #drop(reader: StreamReader): void {
    if (this.#readers.get(reader.stream) === reader) this.#readers.delete(reader.stream);
    if (this.#readers.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#listening?.[Symbol.dispose]();
    this.#listening = undefined;
  }

  /** An alarm may have been lost. */
  async #look(): Promise<void> {
    if (this.#isLooking) return;
    this.#isLooking = true;
    try {
      await this.#listen();
      const engine = await this.#open();
      const all = [...this.#readers.values()];
      for (let from = 0; from < all.length; from += mostHeads) {
        const some = all.slice(from, from + mostHeads).filter(({ position }) => position !== undefined);
        const before = some.map(({ position }) => position!);
        const heads = await engine.heads(some.map(({ stream }) => stream));
        for (const [at, reader] of some.entries()) reader.compare(heads.get(reader.stream)!, before[at]!);
      }
    } catch {
      // Its readers have said so, or will with the next event; it is tried again in a second.
    } finally {
      this.#isLooking = false;
    }
  }
}
