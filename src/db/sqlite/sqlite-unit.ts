import { CompiledQuery, type OperationNode, type QueryResult } from 'kysely';
import { BaseUnit } from '../engine/base-unit.ts';
import { jsonParameter, storable, unstorable, valueRefused } from '../engine/bind-value.ts';
import type { UnitOptions } from '../engine/database-engine.ts';
import { DatabaseError, sessionEnded, writeRefused } from '../engine/db-error.ts';
import { isRead, locksRows } from '../engine/is-read.ts';
import { refuseControl } from '../engine/refuse-control.ts';
import type { Turns } from '../engine/turns.ts';
import { withCaller } from '../engine/with-caller.ts';
import type { Readers } from './readers.ts';
import { alone, begins, inside, type RunOperation, type Sendable } from './thread/protocol.ts';
import type { Writer } from './writer.ts';

/** A connection of its own that reads what was committed when it first read. */
export interface Snapshot {
  run(operation: RunOperation): Promise<QueryResult<unknown>>;
  stream<R>(operation: RunOperation, chunkSize: number): AsyncGenerator<QueryResult<R>>;
  close(): Promise<void>;
}

/** What units go through: the threads of an engine. */
export interface Lanes {
  readonly isOpen: boolean;
  open(): Promise<void>;
  readonly writer: Writer;
  /** `undefined` in memory, where one thread does all. */
  readonly readers: Readers | undefined;
  /** Whose turn it is to write. */
  readonly turns: Turns;
  snapshot(): Snapshot;
  streamInside<R>(operation: RunOperation, chunkSize: number): AsyncGenerator<QueryResult<R>>;
}

/** A conversation with SQLite: reads go to the threads that read until a transaction is open, all else to the one that writes. */
export class SqliteUnit extends BaseUnit {
  readonly #lanes: Lanes;
  #turn: Promise<void> | undefined;
  #snapshot: Snapshot | undefined;
  // The transaction begins with the statement that is sent first.
  #hasBegun = false;

  constructor(lanes: Lanes, options: UnitOptions) {
    super(options);
    this.#lanes = lanes;
  }

  // SQLite refuses a savepoint to who may only read, and there is nothing to undo.
  get hasSavepoints(): boolean {
    return this.options.mode !== 'read' && this.settings.readOnly !== true;
  }

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    this.checkUsable();
    refuseControl(query);
    const reads = isRead(query);
    if (!reads && locksRows(query)) throw noLocks(query.sql);
    if (!reads && (this.options.mode === 'read' || this.settings.readOnly === true)) throw writeRefused(query.sql);
    if (!reads) this.writing.add(query);
    let result: QueryResult<R>;
    try {
      if (!this.#lanes.isOpen) await this.#lanes.open();
      result = (await this.#run(query, reads)) as QueryResult<R>;
    } catch (error) {
      this.noteFailure(error);
      throw withCaller(error);
    } finally {
      if (!reads) this.writing.delete(query);
    }
    const aliases = jsonAliases(query);
    if (aliases.length > 0) parseAliased(result.rows, aliases);
    return result;
  }

  async *streamQuery<R>(query: CompiledQuery, chunkSize: number): AsyncGenerator<QueryResult<R>> {
    this.checkUsable();
    try {
      yield* this.#stream<R>(query, chunkSize);
    } catch (error) {
      throw withCaller(error);
    }
  }

  async rollback(): Promise<void> {
    if (this.state !== 'open') return;
    this.state = this.ended;
    // Not waited for: it stands behind what the transaction still runs, and before whatever comes next.
    void this.end('rollback').catch(() => {});
  }

  // A transaction that only reads needs no turn to write, but all its statements must see the same.
  get #isSnapshot(): boolean {
    const { readOnly, isolation } = this.settings;
    return readOnly === true && isolation !== undefined && this.#lanes.readers !== undefined;
  }

  #ownSnapshot(): Snapshot {
    this.state = 'open';
    this.#snapshot ??= this.#lanes.snapshot();
    return this.#snapshot;
  }

  #run(query: CompiledQuery, reads: boolean): Promise<QueryResult<unknown>> {
    if (this.#isSnapshot) return this.#ownSnapshot().run(operation(query, alone));
    if (this.state === 'open') return this.#runInside(query);
    const { mode } = this.options;
    // In memory one connection serves all: whoever reads waits for a transaction to end, so as not to see what is not committed.
    if (reads && mode !== 'eager')
      return this.#lanes.readers?.run(operation(query, alone), this.options.signal) ?? this.#runAlone(query);
    if (mode === 'autocommit') return this.#runAlone(query);
    this.state = 'open';
    return this.#runInside(query);
  }

  async #runInside(query: CompiledQuery): Promise<QueryResult<unknown>> {
    await this.#takeTurn();
    // One whose values cannot be sent leaves the beginning to the next.
    const run = operation(query, this.#hasBegun ? inside : begins);
    this.#hasBegun = true;
    return this.#lanes.writer.perform(run, this.options.signal);
  }

  async #runAlone(query: CompiledQuery): Promise<QueryResult<unknown>> {
    const owner = {};
    await this.#lanes.turns.take(owner, this.options.signal);
    try {
      return this.#lanes.writer.perform(operation(query, alone), this.options.signal);
    } finally {
      this.#lanes.turns.pass(owner);
    }
  }

  async *#stream<R>(query: CompiledQuery, chunkSize: number): AsyncGenerator<QueryResult<R>> {
    if (locksRows(query)) throw noLocks(query.sql);
    if (!isRead(query))
      throw new DatabaseError('CORTADO_DB_QUERY', 'Only statements that read can be streamed.', { sql: query.sql });
    if (!this.#lanes.isOpen) await this.#lanes.open();
    const run = operation(query, alone);
    if (this.#isSnapshot) yield* this.#ownSnapshot().stream<R>(run, chunkSize);
    else if (this.isOpen || this.options.mode === 'eager') {
      this.state = 'open';
      await this.#enter();
      yield* this.#lanes.streamInside<R>(run, chunkSize);
    } else yield* this.#streamAlone<R>(run, chunkSize);
  }

  async *#streamAlone<R>(run: RunOperation, chunkSize: number): AsyncGenerator<QueryResult<R>> {
    const snapshot = this.#lanes.snapshot();
    try {
      yield* snapshot.stream<R>(run, chunkSize);
    } finally {
      await snapshot.close();
    }
  }

  async #enter(): Promise<void> {
    await this.#takeTurn();
    if (this.#hasBegun) return;
    this.#hasBegun = true;
    await this.#lanes.writer.perform(operation(CompiledQuery.raw('select 1'), begins));
  }

  // The turn passes when the end is sent: the thread keeps the order, so the next transaction's first statement goes along with it.
  protected async end(kind: 'commit' | 'rollback'): Promise<void> {
    await this.#snapshot?.close();
    this.#snapshot = undefined;
    if (this.#turn === undefined) return;
    try {
      await this.#turn;
    } catch {
      this.#turn = undefined;
      return;
    }
    const ended = this.#hasBegun ? this.#lanes.writer.perform({ kind }) : undefined;
    this.#hasBegun = false;
    this.#turn = undefined;
    this.#lanes.turns.pass(this);
    await ended;
  }

  async #takeTurn(): Promise<void> {
    this.#turn ??= this.#lanes.turns.take(this, this.options.signal) ?? ready;
    await this.#turn;
    // It may have been rolled back while it waited.
    if (this.state !== 'open') throw sessionEnded();
  }
}

const ready = Promise.resolve();

function noLocks(sql: string): DatabaseError {
  return new DatabaseError(
    'CORTADO_DB_QUERY',
    `SQLite locks no rows, so it has no FOR UPDATE: who writes takes turns. Read and write in db.transaction(fn, { isolation: 'serializable' }), or through db.sessionWith({ isolation: 'serializable' }): it takes its turn before the first read.`,
    { sql },
  );
}

function operation(query: CompiledQuery, transaction: RunOperation['transaction']): RunOperation {
  const values = query.parameters.map(sendValue);
  return { kind: 'run', sql: query.sql, values, transaction, repeatable: isRead(query) };
}

interface Selection {
  readonly selection?: {
    readonly kind: string;
    readonly alias?: { readonly name?: string };
    readonly node?: OperationNode;
  };
}

const helper = /^\(select (coalesce\(json_group_array\(json_object\(|json_object\()/;

/** Names of result columns that `jsonArrayFrom` and `jsonObjectFrom` made: SQLite gives them as text. */
function jsonAliases({ query }: CompiledQuery): readonly string[] {
  const selections = (query as { readonly selections?: readonly Selection[] }).selections;
  return selections?.flatMap(({ selection }) => aliasOf(selection) ?? []) ?? [];
}

function aliasOf(selection: Selection['selection']): string | undefined {
  if (selection?.kind !== 'AliasNode' || selection.node?.kind !== 'RawNode') return undefined;
  const [start = ''] = (selection.node as OperationNode & { readonly sqlFragments: readonly string[] }).sqlFragments;
  return helper.test(start) ? selection.alias?.name : undefined;
}

/** Parses such columns in place. */
function parseAliased(rows: readonly unknown[], aliases: readonly string[]): void {
  for (const row of rows as Record<string, unknown>[])
    for (const alias of aliases) if (typeof row[alias] === 'string') row[alias] = JSON.parse(row[alias]);
}

/** A value of a statement as SQLite stores it: dates as ISO 8601 text, booleans as 0 and 1, objects and arrays as JSON. */
function sendValue(value: unknown): Sendable {
  switch (typeof value) {
    case 'string':
      // It would be stored as another text.
      if (!value.isWellFormed()) throw valueRefused('holds half a character');
      return value;
    case 'number':
      // SQLite would store NULL.
      if (Number.isNaN(value)) throw unstorable('NaN', 'SQLite has no such number');
      return value;
    case 'bigint':
      if (BigInt.asIntN(64, value) !== value) throw valueRefused('is an integer of more than 64 bits');
      return value;
    case 'boolean':
      return value ? 1 : 0;
    case 'object':
      return value === null || value instanceof Uint8Array ? value : sendObject(value);
    case 'undefined':
      return null;
    default:
      throw unstorable(`A ${typeof value}`, 'only data can be');
  }
}

function sendObject(object: object): Sendable {
  const { as, value } = storable(object);
  return as === 'date' ? value.toISOString() : as === 'json' ? jsonParameter(value) : value;
}
