import { type QueryResult, SqliteAdapter, SqliteDialect } from 'kysely';
import type { DatabaseEngine, DatabaseEngineHost, Unit, UnitOptions } from '../engine/database-engine.ts';
import { DatabaseError } from '../engine/db-error.ts';
import { Turns } from '../engine/turns.ts';
import { ChangeWatch } from './change-watch.ts';
import { Readers } from './readers.ts';
import { type Lanes, type Snapshot, SqliteUnit } from './sqlite-unit.ts';
import { ask, streamOf } from './stream.ts';
import type { OpenOptions, RunOperation, ThreadOperation } from './thread/protocol.ts';
import { Thread } from './thread.ts';
import { Trouble } from './trouble.ts';
import { Writer } from './writer.ts';

export interface SqliteEngineOptions extends Pick<OpenOptions, 'path' | 'busyTimeout' | 'synchronous'> {
  readonly label: string;
  readonly readers: number;
  /** Milliseconds that a session waits for its turn to write. */
  readonly timeout: number;
}

const lost = 'The database in memory is lost: its thread died.';

/** SQLite off the loop: one thread writes, others read, over a write-ahead log; `:memory:` is one thread for both. */
export class SqliteEngine implements DatabaseEngine, Lanes {
  readonly kind = 'sqlite';
  readonly label: string;
  readonly dialect: DatabaseEngine['dialect'] = dialect;
  readonly writer: Writer;
  readonly readers: Readers | undefined;
  readonly turns: Turns;
  /** The writer first; the last one also looks for changes. */
  readonly threads: readonly Thread[];
  readonly #watch: ChangeWatch;
  readonly #trouble: Trouble;
  isOpen = false;
  #opened: Promise<void> | undefined;
  #isLost = false;
  #numbers = 0;

  constructor(options: SqliteEngineOptions, host: DatabaseEngineHost) {
    const { path, busyTimeout, synchronous } = options;
    const common = { path, busyTimeout, synchronous, decoders: host.decoders };
    this.label = options.label;
    this.#trouble = new Trouble(path, options.label);
    this.turns = new Turns({ timeout: options.timeout, isAround: host.isAround });
    const inMemory = path === ':memory:';
    const writer = new Thread({
      ...common,
      readOnly: false,
      onTrouble: (why) => this.#trouble.note(why),
      ...(inMemory && { onChange: () => this.#watch.notify(), onDeath: () => this.#lose() }),
    });
    const reader = (): Thread => {
      const thread: Thread = new Thread({
        ...common,
        readOnly: true,
        onIdle: () => this.readers!.dispatch(),
        onDeath: () => {
          this.readers!.dispatch();
          if (thread === this.threads.at(-1)) this.#watch.resume();
        },
        onChange: () => this.#watch.notify(),
      });
      return thread;
    };
    this.writer = new Writer(writer);
    const readers = inMemory ? [] : Array.from({ length: options.readers }, reader);
    this.readers = inMemory ? undefined : new Readers(readers);
    this.threads = [writer, ...readers];
    this.#watch = new ChangeWatch({ thread: this.threads.at(-1)!, isOpen: () => this.isOpen });
  }

  get waiting(): number {
    return this.turns.waiting + (this.readers?.waiting ?? 0);
  }

  get inUse(): number {
    return (this.turns.isTaken ? 1 : 0) + (this.readers?.busy ?? 0);
  }

  get limit(): number {
    return this.threads.length;
  }

  get problem(): string | undefined {
    return this.#isLost ? lost : this.#trouble.now;
  }

  async check(): Promise<void> {
    if (this.isOpen) await this.#trouble.look();
  }

  open(): Promise<void> {
    if (this.#isLost) return Promise.reject(new DatabaseError('CORTADO_DB_WORKER', lost));
    this.#opened ??= this.#open().catch((error) => {
      this.#opened = undefined;
      throw error;
    });
    return this.#opened;
  }

  async close(signal?: AbortSignal): Promise<void> {
    await this.#opened?.catch(() => {});
    this.#opened = undefined;
    this.isOpen = false;
    this.#isLost = false;
    // The writer last: it is the one that can fold the log back into the file.
    const [writer, ...readers] = this.threads;
    await Promise.all(readers.map((reader) => reader.close(signal)));
    await writer!.close(signal);
  }

  watchChanges(listener: () => void, interval: number): Disposable {
    return this.#watch.add(listener, interval);
  }

  unit(options: UnitOptions): Unit {
    return new SqliteUnit(this, options);
  }

  /** A connection of its own in a thread that reads, so that it holds nobody up; in memory it shares the only one. */
  snapshot(): Snapshot {
    const thread = this.threads.at(-1)!;
    const lease = this.readers === undefined ? undefined : ++this.#numbers;
    const perform = (operation: ThreadOperation): Promise<QueryResult<unknown>> => ask(thread, operation);
    const opened = lease === undefined ? undefined : perform({ kind: 'lease', lease });
    opened?.catch(() => {});
    return {
      run: async (run) => {
        await opened;
        return perform(lease === undefined ? run : { kind: 'leased', lease, run });
      },
      stream: <R>(run: RunOperation, chunkSize: number) =>
        streamOf<R>(perform, ++this.#numbers, lease, run, chunkSize, opened),
      close: async () => {
        if (lease !== undefined) await perform({ kind: 'endLease', lease });
      },
    };
  }

  /** Rows a chunk at a time, inside of the open transaction. */
  streamInside<R>(run: RunOperation, chunkSize: number): AsyncGenerator<QueryResult<R>> {
    return streamOf<R>((operation) => this.writer.perform(operation), ++this.#numbers, undefined, run, chunkSize);
  }

  // A new thread would have an empty database, which must not pass for the one that was.
  #lose(): void {
    this.isOpen = false;
    this.#isLost = true;
  }

  // The writer first: it makes the file and turns the log on.
  async #open(): Promise<void> {
    const [writer, ...readers] = this.threads;
    await writer!.open();
    this.#trouble.begin();
    await Promise.all(readers.map((reader) => reader.open()));
    this.isOpen = true;
    this.#watch.begin();
  }
}

class ConcurrentSqliteAdapter extends SqliteAdapter {
  // Kysely would let one statement at a time pass.
  override get supportsMultipleConnections(): boolean {
    return true;
  }

  override get supportsTransactionalDdl(): boolean {
    return true;
  }
}

const dialect = Object.assign(new SqliteDialect({ database: undefined as never }), {
  createAdapter: () => new ConcurrentSqliteAdapter(),
});
