import type { CompiledQuery, QueryResult } from 'kysely';
import { DatabaseError } from '../db-error.ts';
import type { TransactionSettings, Unit, UnitOptions } from '../engine.ts';
import { isRead } from '../is-read.ts';
import { alone, begins, inside, type RunOperation } from './protocol.ts';
import { sendValues } from './send-values.ts';
import type { SqliteEngine } from './sqlite-engine.ts';

type State = 'idle' | 'open' | 'released';

/** A conversation with SQLite: reads go to the threads that read until a transaction is open, all else to the one that writes. */
export class SqliteUnit implements Unit {
  readonly #engine: SqliteEngine;
  readonly #options: UnitOptions;
  #state: State = 'idle';
  #settings: TransactionSettings;
  #turn: Promise<void> | undefined;
  // The transaction begins with the statement that is sent first.
  #hasBegun = false;

  constructor(engine: SqliteEngine, options: UnitOptions) {
    this.#engine = engine;
    this.#options = options;
    this.#settings = options;
  }

  get isOpen(): boolean {
    return this.#state === 'open';
  }

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    this.#checkUsable();
    if (!this.#engine.isOpen) await this.#engine.open();
    return (this.#isReading(query) ? this.#read(query) : this.#write(query)) as Promise<QueryResult<R>>;
  }

  async *streamQuery<R>(query: CompiledQuery, chunkSize: number): AsyncGenerator<QueryResult<R>> {
    this.#checkUsable();
    if (!this.#engine.isOpen) await this.#engine.open();
    const run = operation(query, alone);
    if (this.isOpen) {
      await this.#enter();
      yield* this.#engine.streamInside<R>(run, chunkSize);
    } else yield* this.#engine.stream<R>(run, chunkSize);
  }

  async begin(settings: TransactionSettings = {}): Promise<void> {
    this.#checkUsable();
    this.#settings = { ...this.#settings, ...settings };
    this.#state = 'open';
  }

  async commit(): Promise<void> {
    if (this.#state !== 'open') return;
    this.#state = 'idle';
    await this.#end('commit');
  }

  async rollback(): Promise<void> {
    if (this.#state !== 'open') return;
    this.#state = 'idle';
    await this.#end('rollback');
  }

  async release(): Promise<void> {
    await this.rollback();
    this.#state = 'released';
  }

  #isReading(query: CompiledQuery): boolean {
    const reads = isRead(query);
    if (!reads && (this.#options.mode === 'read' || this.#settings.readOnly === true)) throw readOnly();
    if (this.#state === 'open') return false;
    return reads && this.#options.mode !== 'eager';
  }

  async #read(query: CompiledQuery): Promise<QueryResult<unknown>> {
    const { readers } = this.#engine;
    // In memory one connection serves all: whoever reads waits for a transaction to end, so as not to see what is not committed.
    return readers === undefined ? this.#runAlone(query) : readers.run(operation(query, alone));
  }

  async #write(query: CompiledQuery): Promise<QueryResult<unknown>> {
    if (this.#state === 'idle') {
      if (this.#options.mode === 'autocommit') return this.#runAlone(query);
      this.#state = 'open';
    }
    await this.#takeTurn();
    const first = !this.#hasBegun;
    this.#hasBegun = true;
    return this.#engine.writer.perform(operation(query, first ? begins : inside));
  }

  async #runAlone(query: CompiledQuery): Promise<QueryResult<unknown>> {
    const owner = {};
    await this.#engine.turns.take(owner, this.#options.signal);
    try {
      return this.#engine.writer.perform(operation(query, alone));
    } finally {
      this.#engine.turns.pass(owner);
    }
  }

  async #enter(): Promise<void> {
    await this.#takeTurn();
    if (this.#hasBegun) return;
    this.#hasBegun = true;
    await this.#engine.writer.perform({
      kind: 'run',
      sql: 'select 1',
      values: [],
      transaction: begins,
      repeatable: true,
    });
  }

  // The turn passes when the end is sent: the thread keeps the order, so the next transaction's first statement goes along with it.
  async #end(kind: 'commit' | 'rollback'): Promise<void> {
    if (this.#turn === undefined) return;
    try {
      await this.#turn;
    } catch {
      this.#turn = undefined;
      return;
    }
    const ended = this.#hasBegun ? this.#engine.writer.perform({ kind }) : undefined;
    this.#hasBegun = false;
    this.#passTurn();
    await ended;
  }

  async #takeTurn(): Promise<void> {
    this.#turn ??= this.#engine.turns.take(this, this.#options.signal) ?? ready;
    await this.#turn;
    this.#checkUsable();
  }

  #passTurn(): void {
    this.#turn = undefined;
    this.#engine.turns.pass(this);
  }

  #checkUsable(): void {
    if (this.#state === 'released')
      throw new DatabaseError(
        'CORTADO_DB_TRANSACTION',
        'This session has ended; its statements must be awaited before that.',
      );
  }
}

const ready = Promise.resolve();

function operation(query: CompiledQuery, transaction: RunOperation['transaction']): RunOperation {
  return {
    kind: 'run',
    sql: query.sql,
    values: sendValues(query.parameters),
    transaction,
    repeatable: query.query.kind === 'SelectQueryNode' || isRead(query),
  };
}

function readOnly(): DatabaseError {
  return new DatabaseError(
    'CORTADO_DB_READ_ONLY',
    'A statement that may write was sent through a session that only reads; use db.session.',
  );
}
