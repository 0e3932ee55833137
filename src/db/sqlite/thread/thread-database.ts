import { DatabaseSync } from 'node:sqlite';
import { OpenFile } from './open-file.ts';
import {
  begins,
  inside,
  type OpenOptions,
  type OperationResult,
  type RunOperation,
  type Sendable,
  type ThreadOperation,
} from './protocol.ts';
import { ThreadStatement } from './thread-statement.ts';

const mostStatements = 500;

/** A SQLite connection as its thread sees it, with the statements that it has prepared and the streams that are open on it. */
export class ThreadDatabase {
  readonly #options: OpenOptions;
  readonly #main: Connection;
  readonly #leases = new Map<number, Connection>();
  readonly #streams = new Map<number, Stream>();
  readonly #onChange: () => void;
  readonly #file: OpenFile | undefined;
  #watching: NodeJS.Timeout | undefined;
  #seenVersion: number | undefined;

  constructor(options: OpenOptions, onChange: () => void) {
    this.#options = options;
    this.#onChange = onChange;
    this.#main = new Connection(options);
    if (!options.readOnly && options.path !== ':memory:') this.#file = new OpenFile(options.path);
  }

  perform(operation: ThreadOperation): OperationResult {
    try {
      return this.#perform(operation);
    } catch (error) {
      const { message, errcode } = error as Error & { errcode?: number };
      const lost = operation.kind === 'run' && operation.transaction !== 0 && !this.#main.database.isTransaction;
      return { kind: 'failure', message, code: errcode, lost };
    }
  }

  close(): void {
    clearInterval(this.#watching);
    for (const { rows } of this.#streams.values()) rows.return?.();
    for (const connection of this.#leases.values()) connection.database.close();
    this.#main.database.close();
  }

  #perform(operation: ThreadOperation): OperationResult {
    switch (operation.kind) {
      case 'run':
        return this.#run(operation);
      case 'commit':
        return this.#commit();
      case 'rollback':
        if (this.#main.database.isTransaction) this.#main.database.exec('rollback');
        return done;
      case 'lease':
        this.#leases.set(operation.lease, new Connection({ ...this.#options, readOnly: true }, 'begin'));
        return done;
      case 'leased':
        return this.#lease(operation.lease).statement(operation.run.sql).run(operation.run);
      case 'stream':
        return this.#stream(operation.stream, operation.lease, operation.run);
      case 'next':
        return this.#next(operation.stream, operation.count);
      case 'endStream':
        this.#streams.get(operation.stream)?.rows.return?.();
        this.#streams.delete(operation.stream);
        return done;
      case 'endLease':
        this.#leases.get(operation.lease)?.database.close();
        this.#leases.delete(operation.lease);
        return done;
      case 'watch':
        this.#watch(operation.interval);
        return done;
      case 'close':
        this.close();
        return done;
    }
  }

  #run(operation: RunOperation): OperationResult {
    const { database } = this.#main;
    if (operation.transaction === inside && !database.isTransaction) throw new Error('The transaction is gone.');
    if (operation.transaction !== inside) this.#file?.check();
    if (operation.transaction === begins) database.exec('begin immediate');
    return this.#main.statement(operation.sql).run(operation);
  }

  #commit(): OperationResult {
    const { database } = this.#main;
    if (!database.isTransaction) throw new Error('The transaction is gone.');
    try {
      database.exec('commit');
    } catch (error) {
      if (database.isTransaction) database.exec('rollback');
      throw error;
    }
    return done;
  }

  #lease(lease: number): Connection {
    const connection = this.#leases.get(lease);
    if (connection === undefined) throw new Error('The snapshot is gone.');
    return connection;
  }

  // On the main connection a stream sees its own transaction; a statement of its own, as one statement cannot run twice at a time.
  #stream(id: number, lease: number | undefined, run: RunOperation): OperationResult {
    const connection = lease === undefined ? this.#main : this.#lease(lease);
    const statement = new ThreadStatement(connection.database.prepare(run.sql), nextShape);
    this.#streams.set(id, { statement, rows: statement.iterate(run) });
    return done;
  }

  #next(id: number, count: number): OperationResult {
    const stream = this.#streams.get(id);
    if (stream === undefined) throw new Error('The stream is gone.');
    const values: Sendable[] = [];
    for (let row = 0; row < count; row++) {
      const step = stream.rows.next();
      if (step.done === true) {
        this.#streams.delete(id);
        break;
      }
      values.push(...step.value);
    }
    return stream.statement.rows(values);
  }

  #watch(interval: number): void {
    clearInterval(this.#watching);
    if (interval === 0) {
      this.#seenVersion = undefined;
      return;
    }
    // It stays when only the interval changes: nobody would hear of what came since the last look.
    if (!this.#isUnsettled) this.#seenVersion ??= this.#version();
    this.#watching = setInterval(() => this.#look(), interval).unref();
  }

  #look(): void {
    if (this.#isUnsettled) return;
    const version = this.#version();
    if (version !== this.#seenVersion) this.#onChange();
    this.#seenVersion = version;
  }

  // In memory, the transaction that is open has been counted already.
  get #isUnsettled(): boolean {
    return this.#options.path === ':memory:' && this.#main.database.isTransaction;
  }

  // `data_version` counts what other connections committed; what this one did, `total_changes` counts.
  #version(): number {
    const counter = this.#options.path === ':memory:' ? 'select total_changes()' : 'pragma data_version';
    return Object.values(this.#main.database.prepare(counter).get()!)[0] as number;
  }
}

interface Stream {
  readonly statement: ThreadStatement;
  readonly rows: Iterator<Sendable[]>;
}

// SQLite waits for locks by itself, but not where it switches to WAL: two that do so at once would wait for one another.
function patiently(ms: number, work: () => void): void {
  for (const end = performance.now() + ms; ; Atomics.wait(clock, 0, 0, 5 + Math.random() * 20)) {
    try {
      work();
      return;
    } catch (error) {
      if (((error as { errcode?: number }).errcode ?? 0) % 256 !== busy || performance.now() >= end) throw error;
    }
  }
}

const busy = 5;
const clock = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));

const done: OperationResult = { kind: 'done' };
let shapes = 0;
const nextShape = (): number => ++shapes;

class Connection {
  readonly database: DatabaseSync;
  readonly #statements = new Map<string, ThreadStatement>();

  constructor({ path, readOnly, busyTimeout, synchronous }: OpenOptions, first?: string) {
    this.database = new DatabaseSync(path, { readOnly, timeout: busyTimeout, enableForeignKeyConstraints: true });
    // A writer that is opened first turns WAL on; the mode is kept in the file, so readers find it.
    if (!readOnly) {
      patiently(busyTimeout, () => this.database.exec('pragma journal_mode = wal'));
      // A reader that stayed for long lets the log grow; the first writer after it cuts it down again.
      this.database.exec(`pragma synchronous = ${synchronous}; pragma journal_size_limit = ${64 * 1024 * 1024}`);
    }
    if (first !== undefined) this.database.exec(first);
  }

  // The statement that was not used for longest makes room.
  statement(sql: string): ThreadStatement {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = new ThreadStatement(this.database.prepare(sql), nextShape);
      if (this.#statements.size >= mostStatements) this.#statements.delete(this.#statements.keys().next().value!);
    } else this.#statements.delete(sql);
    this.#statements.set(sql, statement);
    return statement;
  }
}
