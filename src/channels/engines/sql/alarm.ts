import type { Logger } from '../../../base/logger.ts';
import { tellAll } from '../../../base/process/tell-all.ts';
import type { SqlStore } from '../../../db/store/sql-store.ts';
import { lastPlace, newStreams } from './statements.ts';

type Listener = (streams: readonly string[] | undefined) => void;

const channel = 'cortado_channels';
// PostgreSQL takes less than 8,000 bytes.
const longestPayload = 7_000;
const separator = '\n';
// Milliseconds between two of them, at least: each costs the database as much as a small commit.
const sendEvery = 4;
// Milliseconds between two looks for changes of a file.
const lookEvery = 25;

/**
 * Tells of events that were committed: this process at once, others by `NOTIFY`, or as their watch of SQLite's file sees it. A `NOTIFY` inside
 * of a transaction that writes would make the commits of the whole database take turns, so it is a statement of its own, one for all that
 * was committed while the one before was on its way.
 */
export class Alarm {
  readonly #store: SqlStore;
  readonly #log: Logger;
  readonly #listeners = new Set<Listener>();
  #waiting = new Set<string>();
  #sending: Promise<void> | undefined;
  #source: Disposable | undefined;
  #seen: number | undefined;
  #isLooking = false;
  #again = false;

  constructor(store: SqlStore, log: Logger) {
    this.#store = store;
    this.#log = log;
  }

  add(listener: Listener): Disposable {
    const entry: Listener = (streams) => listener(streams);
    this.#listeners.add(entry);
    this.#source ??= this.#begin();
    return {
      [Symbol.dispose]: () => {
        this.#listeners.delete(entry);
        if (this.#listeners.size === 0) this.#end();
      },
    };
  }

  /** Events of these streams have been committed. */
  raise(streams: readonly string[]): void {
    tellAll(this.#listeners, streams);
    if (this.#store.dialect.kind !== 'postgres') return;
    for (const stream of streams) this.#waiting.add(stream);
    this.#sending ??= this.#send();
  }

  async close(): Promise<void> {
    this.#listeners.clear();
    this.#end();
    await this.#sending;
  }

  #begin(): Disposable {
    const { database, dialect } = this.#store;
    if (dialect.kind === 'sqlite') return database.watchChanges(() => void this.#look(), { interval: lookEvery });
    return database.listen(channel, (payload) => {
      tellAll(this.#listeners, payload === undefined || payload === '' ? undefined : payload.split(separator));
    });
  }

  #end(): void {
    this.#source?.[Symbol.dispose]();
    this.#source = undefined;
    this.#seen = undefined;
  }

  async #send(): Promise<void> {
    // All commits of this turn of the loop are told of together.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#waiting.size > 0) {
      const text = [...this.#waiting].join(separator);
      this.#waiting = new Set();
      const payload = Buffer.byteLength(text) > longestPayload ? '' : text;
      try {
        await this.#store.runText(`select pg_notify('${channel}', $1)`, [payload]);
      } catch (error) {
        this.#log.warn({ err: error }, 'other processes could not be told of events; they look once a second');
      }
      await new Promise((resolve) => setTimeout(resolve, sendEvery));
    }
    this.#sending = undefined;
  }

  /** The file was changed by somebody: which streams are concerned? */
  async #look(): Promise<void> {
    this.#again = true;
    if (this.#isLooking) return;
    this.#isLooking = true;
    try {
      while (this.#again && this.#source !== undefined) {
        this.#again = false;
        await this.#lookOnce();
      }
    } catch {
      // Whoever reads looks once a second as well.
    } finally {
      this.#isLooking = false;
    }
  }

  async #lookOnce(): Promise<void> {
    if (this.#seen === undefined) {
      this.#seen = (await this.#store.run(lastPlace, {}))[0]?.last ?? 0;
      tellAll(this.#listeners, undefined);
      return;
    }
    const rows = await this.#store.run(newStreams, { place: this.#seen });
    if (rows.length === 0) return;
    this.#seen = Math.max(...rows.map(({ last }) => last));
    tellAll(
      this.#listeners,
      rows.map(({ stream }) => stream),
    );
  }
}
