import type { Logger } from '../base/logger.ts';
import { runOutsideFrames } from '../concurrency/frame.ts';
import type { OpenChannels } from './contract/engine.ts';
import type { ChannelDeclaration } from './declare/channel-options.ts';

const trimEvery = 10_000;
// More waits for the next time.
const mostBatches = 20;

export interface TrimmerOptions {
  readonly declarations: () => Iterable<ChannelDeclaration>;
  readonly open: () => Promise<OpenChannels>;
  readonly log: () => Logger;
}

/** Has events dropped that are kept too long, every ten seconds. Each process does so for the streams that it has published in. */
export class Trimmer {
  readonly #options: TrimmerOptions;
  readonly #streams = new Map<string, Set<string>>();
  #timer: NodeJS.Timeout | undefined;
  #working: Promise<void> | undefined;

  constructor(options: TrimmerOptions) {
    this.#options = options;
  }

  start(): void {
    this.#timer ??= runOutsideFrames(() => setInterval(() => void this.trim(), trimEvery).unref());
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#timer = undefined;
    await this.#working;
  }

  /** A stream of a channel has one event more. */
  note(channel: string, stream: string): void {
    const streams = this.#streams.get(channel) ?? new Set();
    this.#streams.set(channel, streams.add(stream));
  }

  trim(): Promise<void> {
    this.#working ??= this.#trimAll()
      .catch((error: unknown) =>
        this.#options.log().warn({ err: error }, 'events that are kept too long are dropped later'),
      )
      .finally(() => {
        this.#working = undefined;
      });
    return this.#working;
  }

  async #trimAll(): Promise<void> {
    const engine = await this.#options.open();
    for (const { name, retention } of this.#options.declarations()) {
      const streams = [...(this.#streams.get(name) ?? [])];
      this.#streams.delete(name);
      let batches = 0;
      try {
        while ((await engine.trim(name, retention, streams)) > 0 && ++batches < mostBatches);
        if (batches === mostBatches) for (const stream of streams) this.note(name, stream);
      } catch (error) {
        for (const stream of streams) this.note(name, stream);
        throw error;
      }
    }
  }
}
