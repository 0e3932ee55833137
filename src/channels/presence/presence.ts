import { randomUUID } from 'node:crypto';
import type { Logger } from '../../base/logger.ts';
import { runOutsideFrames } from '../../concurrency/frame.ts';
import type { NewMember, OpenChannels } from '../contract/engine.ts';

/** Milliseconds after which the members of a process that was killed are gone, and between two signs of life. */
export const presenceTimeout = 6000;
const beatEvery = 2000;
const mostAtOnce = 500;

/** The members of this process: they are in the store as long as they are here, and the process gives signs of life as long as it has some. */
export class ChannelPresence {
  readonly #open: () => Promise<OpenChannels>;
  readonly #log: () => Logger;
  readonly #wanted = new Map<string, NewMember>();
  readonly #entered = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  #syncing: Promise<void> | undefined;
  #beatenAt = Number.NEGATIVE_INFINITY;
  #isAway = false;

  constructor(open: () => Promise<OpenChannels>, log: () => Logger) {
    this.#open = open;
    this.#log = log;
  }

  get size(): number {
    return this.#wanted.size;
  }

  /** Whether the store has nobody of this process, and is to have nobody. */
  get isIdle(): boolean {
    return this.#wanted.size === 0 && this.#entered.size === 0;
  }

  /** Someone is there, until what it returns is called. */
  enter(stream: string, data: string): () => void {
    const id = randomUUID();
    this.#wanted.set(id, { id, stream, data });
    this.#timer ??= runOutsideFrames(() => setInterval(() => void this.#sync(true).catch(() => {}), beatEvery).unref());
    void this.#sync(false).catch(() => {});
    return () => {
      this.#wanted.delete(id);
      void this.#sync(false).catch(() => {});
    };
  }

  /** Resolves when the store knows who is here. @throws what the store throws. */
  settled(): Promise<void> {
    return this.#sync(false);
  }

  /** Nobody is here any more; the engine tells the store as it closes. */
  clear(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#wanted.clear();
    this.#entered.clear();
    this.#beatenAt = Number.NEGATIVE_INFINITY;
  }

  async #sync(isDue: boolean): Promise<void> {
    if (this.#syncing !== undefined) await this.#syncing.catch(() => {});
    // Of those that have waited, one does it for all.
    this.#syncing ??= runOutsideFrames(() => this.#syncOnce(isDue)).finally(() => {
      this.#syncing = undefined;
    });
    await this.#syncing;
  }

  async #syncOnce(isDue: boolean): Promise<void> {
    try {
      const engine = await this.#open();
      // All that enters in this turn of the loop enters together.
      await new Promise((resolve) => setImmediate(resolve));
      if (this.#wanted.size > 0 && (isDue || performance.now() - this.#beatenAt > beatEvery)) {
        const isKnown = await engine.beat();
        this.#beatenAt = performance.now();
        if (!isKnown) this.#entered.clear();
      }
      const coming = [...this.#wanted.values()].filter(({ id }) => !this.#entered.has(id));
      for (let from = 0; from < coming.length; from += mostAtOnce) {
        const some = coming.slice(from, from + mostAtOnce);
        // One that may have entered has to leave, whatever was answered.
        for (const { id } of some) this.#entered.add(id);
        await engine.enter(some).catch((error: unknown) => {
          for (const { id } of some) if (this.#wanted.has(id)) this.#entered.delete(id);
          throw error;
        });
      }
      const leaving = [...this.#entered].filter((id) => !this.#wanted.has(id));
      for (let from = 0; from < leaving.length; from += mostAtOnce) {
        const some = leaving.slice(from, from + mostAtOnce);
        await engine.leave(some);
        for (const id of some) this.#entered.delete(id);
      }
      this.#isAway = false;
      if (this.isIdle) {
        clearInterval(this.#timer);
        this.#timer = undefined;
      }
    } catch (error) {
      if (!this.#isAway) this.#log().warn({ err: error }, 'who is present could not be told; trying again');
      this.#isAway = true;
      throw error;
    }
  }
}
