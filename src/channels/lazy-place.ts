import { invalidOption } from '../base/error.ts';
import { runOutsideFrames } from '../concurrency/frame.ts';
import type { Database } from '../db/database-contract.ts';
import { isDatabase } from '../db/database-like.ts';
import type { ChannelEngine, ChannelHost, OpenChannels } from './contract/engine.ts';
import type { ChannelsOptions } from './declare/channels-options.ts';
import { resolveChannelEngine } from './engines/resolve-channel-engine.ts';
import { afterCommitJoiner, engineJoiner, type Joiner } from './join/joiner.ts';

/** An engine that is open, and what lets events join transactions. */
export interface OpenPlace {
  readonly engine: OpenChannels;
  /** The first that is inside of a transaction is joined. */
  readonly joiners: readonly Joiner[];
}

/** The place where events are kept, opened when it is first needed, and again after it was closed. */
export class LazyPlace {
  readonly #load: () => Promise<ChannelEngine>;
  readonly #outbox: Database<unknown> | undefined;
  readonly #host: ChannelHost;
  #engine: ChannelEngine | undefined;
  #opening: Promise<OpenPlace> | undefined;
  #opened: OpenPlace | undefined;

  constructor({ engine = 'memory:', outbox }: ChannelsOptions, host: ChannelHost) {
    this.#load = resolveChannelEngine(engine);
    if (outbox !== undefined && !(typeof outbox === 'object' && outbox !== null && isDatabase(outbox)))
      throw invalidOption('Channels: outbox must be a database of cortado/db.');
    this.#outbox = outbox === engine ? undefined : (outbox as Database<unknown> | undefined);
    this.#host = host;
  }

  get opened(): OpenPlace | undefined {
    return this.#opened;
  }

  /** Opens it, unless it is open. What failed is tried anew by the next call. */
  open(): Promise<OpenPlace> {
    if (this.#opening === undefined) {
      // Whoever comes first may be inside of a transaction, of which the tables must be no part.
      const opening = runOutsideFrames(() => this.#open());
      this.#opening = opening;
      opening.catch(() => {
        if (this.#opening === opening) this.#opening = undefined;
      });
    }
    return this.#opening;
  }

  async close(signal: AbortSignal): Promise<void> {
    const opening = this.#opening;
    if (opening === undefined) return;
    await opening.catch(() => {});
    this.#opening = undefined;
    const opened = this.#opened;
    this.#opened = undefined;
    if (opened === undefined) return;
    for (const joiner of opened.joiners) await joiner.close();
    await opened.engine.close(signal);
  }

  async #open(): Promise<OpenPlace> {
    this.#engine ??= await this.#load();
    const engine = await this.#engine.open(this.#host);
    try {
      const joiners = [engineJoiner(engine), ...(await this.#otherJoiners(engine, this.#engine.shared))];
      return (this.#opened = { engine, joiners });
    } catch (error) {
      await engine.close(AbortSignal.timeout(1000)).catch(() => {});
      throw error;
    }
  }

  async #otherJoiners(engine: OpenChannels, isShared: boolean): Promise<Joiner[]> {
    const outbox = this.#outbox;
    if (outbox === undefined) return [];
    const { log } = this.#host;
    if (!isShared)
      return [
        afterCommitJoiner(
          engine,
          () => outbox.current(),
          (error) => log.error({ err: error }, 'events that were committed could not be published'),
        ),
      ];
    const { outboxJoiner } = await import('./join/outbox-joiner.ts');
    return [await outboxJoiner(engine, outbox, log)];
  }
}
