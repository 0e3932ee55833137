import { runOutsideFrames } from '../../concurrency/frame.ts';
import type { OpenChannels, StreamHead } from '../contract/engine.ts';

interface Wanted {
  readonly promise: Promise<StreamHead>;
  readonly resolve: (head: StreamHead) => void;
  readonly reject: (error: unknown) => void;
}

const most = 500;

/** Asks where streams stand, for all that want to know in one question. Whoever asks while a question is on its way gets the next one's answer. */
export class Heads {
  readonly #open: () => Promise<OpenChannels>;
  #wanted = new Map<string, Wanted>();
  #asked = new Map<string, Wanted>();
  #isAsking = false;

  constructor(open: () => Promise<OpenChannels>) {
    this.#open = open;
  }

  of(stream: string): Promise<StreamHead> {
    let wanted = this.#wanted.get(stream);
    if (wanted === undefined) {
      this.#wanted.set(stream, (wanted = Promise.withResolvers<StreamHead>()));
      wanted.promise.catch(() => {});
    }
    if (!this.#isAsking) {
      this.#isAsking = true;
      // No part of the request that happens to be the first.
      queueMicrotask(() => runOutsideFrames(() => void this.#ask()));
    }
    return wanted.promise;
  }

  /** Resolves when nobody waits any more who has asked for this stream by now. */
  async settled(stream: string): Promise<void> {
    for (const wanted of [this.#asked.get(stream), this.#wanted.get(stream)]) await wanted?.promise.catch(() => {});
  }

  isWanted(stream: string): boolean {
    return this.#wanted.has(stream) || this.#asked.has(stream);
  }

  async #ask(): Promise<void> {
    while (this.#wanted.size > 0) {
      this.#asked = new Map([...this.#wanted].slice(0, most));
      for (const stream of this.#asked.keys()) this.#wanted.delete(stream);
      try {
        const heads = await (await this.#open()).heads([...this.#asked.keys()]);
        for (const [stream, { resolve }] of this.#asked) resolve(heads.get(stream)!);
      } catch (error) {
        for (const { reject } of this.#asked.values()) reject(error);
      }
      this.#asked = new Map();
    }
    this.#isAsking = false;
  }
}
