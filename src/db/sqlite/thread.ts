import { Worker } from 'node:worker_threads';
import type { QueryResult } from 'kysely';
import { entryFile } from '../../base/process/own-files.ts';
import { settledBy } from '../../concurrency/settled-by.ts';
import type { Decoders } from '../engine/database-engine.ts';
import { threadEnded, unreachable } from '../engine/db-error.ts';
import { unwatch, type Wait } from '../engine/late-signals.ts';
import { RowShape } from './row-shape.ts';
import { sqliteError } from './sqlite-error.ts';
import {
  allClaimed,
  type Message,
  type OpenOptions,
  type OperationResult,
  type Report,
  type ThreadOperation,
} from './thread/protocol.ts';

// Milliseconds to close a database that nothing works at.
const lastMoment = 100;

/** An operation, and who waits for its result. */
export interface Asked {
  readonly operation: ThreadOperation;
  readonly resolve: (result: QueryResult<unknown>) => void;
  readonly reject: (error: unknown) => void;
  /** What ends the waiting early. */
  readonly wait?: Wait | undefined;
}

export interface ThreadOptions extends Omit<OpenOptions, 'claims'> {
  readonly decoders: Decoders;
  /** Called when the thread is done with everything that it was sent. */
  readonly onIdle?: () => void;
  /** Called when the database reports that it was changed. */
  readonly onChange?: () => void;
  /** Called when the thread ended without having been told to. */
  readonly onDeath?: () => void;
  /** Called when the database cannot do what it was asked to, whatever that was. */
  readonly onTrouble?: (why: string) => void;
}

/** One SQLite connection in a thread of its own. A thread that died is replaced at the next operation. */
export class Thread {
  readonly #options: ThreadOptions;
  #worker: Worker | undefined;
  #opened: Promise<void> | undefined;
  #shapes = new Map<number, RowShape>();
  #isClosing = false;
  readonly #claims = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  readonly #sent: (readonly Asked[])[] = [];

  constructor(options: ThreadOptions) {
    this.#options = options;
  }

  get isIdle(): boolean {
    return this.#sent.length === 0;
  }

  get isStarted(): boolean {
    return this.#worker !== undefined;
  }

  open(): Promise<void> {
    this.#opened ??= this.#start();
    return this.#opened;
  }

  /** Sends operations in one message; they are done in their order. */
  send(asked: readonly Asked[], shared = false): void {
    this.open().catch(() => {});
    if (this.isIdle) this.#worker!.ref();
    if (shared) Atomics.store(this.#claims, 0, 0);
    this.#sent.push(asked);
    this.#worker!.postMessage({ operations: asked.map(({ operation }) => operation), shared } satisfies Message);
  }

  /** Takes back what the thread has not begun of the shared message that it works at. */
  takeBack(): readonly Asked[] {
    const asked = this.#sent[0];
    if (asked === undefined) return [];
    const claimed = Math.min(Atomics.exchange(this.#claims, 0, allClaimed), asked.length);
    this.#sent[0] = asked.slice(0, claimed);
    return asked.slice(claimed);
  }

  /**
   * Finishes what was sent, closes the database and ends the thread. When `signal` fires, a thread that is still at work is left: SQLite hears
   * nothing in the midst of a statement.
   */
  async close(signal?: AbortSignal): Promise<void> {
    const worker = this.#worker;
    if (worker === undefined) return;
    const ended = new Promise((resolve) => worker.once('exit', resolve));
    this.#isClosing = true;
    this.send([{ operation: { kind: 'close' }, resolve: () => {}, reject: () => {} }]);
    if (!(await settledBy(ended, signal, lastMoment))) {
      void worker.terminate();
      this.#bury(threadEnded('was left at work by the stop'));
    }
    this.#isClosing = false;
  }

  /** Ends the thread at once; its statements fail. */
  async kill(): Promise<void> {
    await this.#worker?.terminate();
  }

  #start(): Promise<void> {
    const { path, readOnly, busyTimeout, synchronous } = this.#options;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    // Nothing is inherited: a loader, a condition or a debugger of the app has no business here.
    const worker = new Worker(entryFile('db/sqlite/thread/worker'), {
      workerData: { path, readOnly, busyTimeout, synchronous, claims: this.#claims } satisfies OpenOptions,
      execArgv: [],
      name: 'cortado-sqlite',
    });
    this.#worker = worker;
    this.#shapes = new Map();
    let death: unknown = threadEnded('ended unexpectedly');
    worker.on('message', (report: Report) => {
      // One that was left at a stop may still have answered.
      if (this.#worker !== worker) return;
      if (report.kind === 'results') this.#settle(report.results);
      else if (report.kind === 'changed') this.#options.onChange?.();
      else if (report.kind === 'open') resolve();
      else death = unreachable(`sqlite:${path}`, report.message);
    });
    worker.on('error', (error) => {
      death = threadEnded('died', error);
    });
    worker.once('exit', () => {
      reject(death);
      // Another may have taken its place, where it was left.
      if (this.#worker !== worker) return;
      this.#bury(death);
      if (!this.#isClosing) this.#options.onDeath?.();
    });
    return promise;
  }

  #settle(results: readonly OperationResult[]): void {
    const asked = this.#sent.shift()!;
    if (this.isIdle && !this.#isClosing) this.#worker!.unref();
    for (let index = 0; index < results.length; index++) this.#answer(asked[index]!, results[index]!);
    if (this.isIdle) this.#options.onIdle?.();
  }

  #answer({ operation, resolve, reject, wait }: Asked, result: OperationResult): void {
    unwatch(wait);
    if (result.kind === 'failure') {
      const { path, readOnly } = this.#options;
      const sql = 'sql' in operation ? operation.sql : undefined;
      const error = sqliteError(result, sql, { label: `sqlite:${path}`, writes: !readOnly });
      if (error.code === 'CORTADO_DB_UNREACHABLE') this.#options.onTrouble?.(error.message);
      reject(error);
      return;
    }
    try {
      resolve(this.#toQueryResult(result));
    } catch (error) {
      reject(error);
    }
  }

  #toQueryResult(result: Exclude<OperationResult, { kind: 'failure' }>): QueryResult<unknown> {
    if (result.kind === 'done') return nothing;
    if (result.kind === 'changes') {
      const { changes, insertId } = result;
      return { rows: [], numAffectedRows: BigInt(changes), insertId: BigInt(insertId) };
    }
    const { shape, columns, values, changes } = result;
    if (columns !== undefined) this.#shapes.set(shape, new RowShape(columns, this.#options.decoders));
    const rows = this.#shapes.get(shape)!.rows<unknown>(values);
    return changes === undefined ? { rows } : { rows, numAffectedRows: BigInt(changes) };
  }

  #bury(death: unknown): void {
    this.#worker = undefined;
    this.#opened = undefined;
    for (const { reject, wait } of this.#sent.splice(0).flat()) {
      unwatch(wait);
      reject(death);
    }
  }
}

const nothing: QueryResult<unknown> = { rows: [] };
