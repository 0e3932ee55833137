import type { CompiledQuery, QueryResult } from 'kysely';
import type { PoolClient } from 'pg';
import { BaseUnit } from '../engine/base-unit.ts';
import type { StreamOptions, TransactionSettings, UnitOptions } from '../engine/database-engine.ts';
import { type DatabaseError, transactionGone, writeRefused } from '../engine/db-error.ts';
import { refuseControl } from '../engine/refuse-control.ts';
import { withCaller } from '../engine/with-caller.ts';
import type { PostgresPool } from './postgres-pool.ts';
import { isPlainRead } from './statements/plain-read.ts';
import type { Begin } from './statements/postgres-statement.ts';

// Refused before they are sent, as a statement that fails ends a transaction of PostgreSQL; of what is less clear it is the judge.
const writes: readonly string[] = ['InsertQueryNode', 'UpdateQueryNode', 'DeleteQueryNode', 'MergeQueryNode'];

/** A conversation with PostgreSQL: on a connection of its own while a transaction is open, on any free one for what only reads. */
export class PostgresUnit extends BaseUnit {
  readonly #pool: PostgresPool;
  #client: Promise<PoolClient> | undefined;
  #hasBegun = false;
  #isGone = false;
  #cursors = 0;

  constructor(pool: PostgresPool, options: UnitOptions) {
    super(options);
    this.#pool = pool;
  }

  // A statement that fails ends all until a savepoint is undone, where it only reads as well.
  get hasSavepoints(): boolean {
    return true;
  }

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    this.checkUsable();
    refuseControl(query);
    if (writes.includes(query.query.kind) && (this.options.mode === 'read' || this.settings.readOnly === true))
      throw writeRefused(query.sql);
    if (this.state === 'open' || !this.#isAlone(query)) return this.#runInside<R>(query);
    if (this.options.mode === 'read' && !isPlainRead(query)) return this.#runGuarded<R>(query);
    const { signal } = this.options;
    const how = { repeatable: true, signal };
    const isPinned = this.#isPinned;
    let client: PoolClient | undefined;
    try {
      client = await (isPinned ? this.#connect() : this.#pool.connect(signal));
      return await this.#pool.query<R>(client, query, how);
    } catch (error) {
      throw this.#failed(error);
    } finally {
      if (client !== undefined && !isPinned) this.#pool.release(client);
    }
  }

  async *streamQuery<R>(
    query: CompiledQuery,
    chunkSize: number,
    options: StreamOptions = {},
  ): AsyncGenerator<QueryResult<R>> {
    this.checkUsable();
    const isInside = this.state === 'open' || !this.#isAlone(query);
    const unit = isInside ? this : this.#readingUnit();
    try {
      yield* unit.#streamInside<R>(query, chunkSize, isInside ? options : {});
    } catch (error) {
      throw withCaller(error);
    } finally {
      if (!isInside) await unit.release();
    }
  }

  override async commit(): Promise<void> {
    // What it has only read is right whatever the commit says, unless it had to be ordered with what others wrote.
    const { readOnly, isolation } = this.settings;
    const isPlain = this.writing.size === 0 && readOnly === true && isolation !== 'serializable';
    return isPlain ? this.rollback() : super.commit();
  }

  async rollback(): Promise<void> {
    if (this.state !== 'open') return;
    this.state = this.ended;
    const ended = this.end('rollback').catch(() => {});
    // A connection of its own goes back when that is done, and nobody has to wait for it.
    if (this.#isPinned) await ended;
  }

  override release(): Promise<void> | undefined {
    return this.#isPinned ? this.#releasePinned() : super.release();
  }

  async #releasePinned(): Promise<void> {
    await this.rollback();
    this.state = 'released';
    await this.#letGo(false);
  }

  // Kysely asks for a unit per statement or `connection()`, and releases it: until then it is one connection.
  get #isPinned(): boolean {
    return !this.isSession;
  }

  #connect(): Promise<PoolClient> {
    this.#client ??= this.#pool.connect(this.options.signal);
    return this.#client;
  }

  #isAlone(query: CompiledQuery): boolean {
    return this.#isPinned || (this.options.mode === 'lazy' && isPlainRead(query));
  }

  // What may have an effect goes through a transaction in which PostgreSQL itself refuses to write.
  async #runGuarded<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    const unit = this.#readingUnit();
    try {
      return await unit.executeQuery<R>(query);
    } finally {
      await unit.release();
    }
  }

  #readingUnit(): PostgresUnit {
    return new PostgresUnit(this.#pool, { ...this.options, mode: 'eager', readOnly: true });
  }

  async #runInside<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    this.state = 'open';
    const reads = isPlainRead(query);
    if (!reads) this.writing.add(query);
    try {
      const client = await this.#enter();
      const how = { repeatable: false, signal: this.options.signal, begin: this.#begin() };
      return await this.#pool.query<R>(client, query, how);
    } catch (error) {
      throw this.#failed(error);
    } finally {
      if (!reads) this.writing.delete(query);
    }
  }

  async *#streamInside<R>(
    { sql, parameters }: CompiledQuery,
    chunkSize: number,
    options: StreamOptions = {},
  ): AsyncGenerator<QueryResult<R>> {
    this.state = 'open';
    const client = await this.#enter();
    const name = `cortado_c${++this.#cursors}`;
    const begin = this.#begin();
    const { signal } = this.options;
    const text = `declare ${name} no scroll cursor for ${sql}`;
    await this.#pool.run(client, { text, values: parameters, begin }, signal);
    try {
      for (;;) {
        const chunk = await this.#pool.rows<R>(client, { text: `fetch ${chunkSize} from ${name}` }, signal);
        if (chunk.rows.length > 0) yield { rows: chunk.rows };
        if (chunk.rows.length < chunkSize) return;
      }
    } finally {
      // To close one that is gone would fail, and with it the transaction.
      if (this.state === 'open' && options.isGone?.() !== true)
        this.#pool.run(client, { text: `close ${name}` }).catch(() => {});
    }
  }

  #failed(error: unknown): unknown {
    // Where the unit may write, it is the server that does not: a standby, for example.
    const isStandby =
      (error as Partial<DatabaseError>).code === 'CORTADO_DB_READ_ONLY' && this.settings.readOnly !== true;
    const failure = isStandby ? this.#pool.unwritable(error as DatabaseError) : error;
    this.noteFailure(failure);
    return withCaller(failure);
  }

  async #enter(): Promise<PoolClient> {
    const client = await this.#connect();
    this.checkUsable();
    return client;
  }

  #begin(): Begin | undefined {
    if (this.#hasBegun) return undefined;
    this.#hasBegun = true;
    return { text: beginText(this.settings), onLost: (wasSent) => this.#lose(wasSent) };
  }

  // What was not sent can be begun anew; what PostgreSQL refused to begin must not go on without a transaction.
  #lose(wasSent: boolean): void {
    if (wasSent) this.#isGone = true;
    else this.#hasBegun = false;
  }

  protected async end(kind: 'commit' | 'rollback'): Promise<void> {
    const hasBegun = this.#hasBegun;
    const isGone = this.#isGone;
    this.#hasBegun = false;
    this.#isGone = false;
    let isBroken = false;
    try {
      if (isGone && kind === 'commit') throw neverBegun();
      if (hasBegun) await this.#send(kind, await this.#connect());
    } catch (error) {
      isBroken = (error as Partial<DatabaseError>).code === 'CORTADO_DB_UNREACHABLE';
      throw error;
    } finally {
      if (!this.#isPinned || isBroken) await this.#letGo(isBroken);
    }
  }

  async #send(kind: 'commit' | 'rollback', client: PoolClient): Promise<void> {
    const { tag } = await this.#pool.run(client, { text: kind });
    // PostgreSQL answers a commit of a failed transaction with a rollback, and calls that a success.
    if (kind === 'commit' && tag !== 'COMMIT')
      throw transactionGone('A statement of the transaction had failed, so it was rolled back.');
  }

  async #letGo(isBroken: boolean): Promise<void> {
    const pending = this.#client;
    this.#client = undefined;
    const client = await pending?.catch(() => undefined);
    if (client !== undefined) this.#pool.release(client, isBroken);
  }

  protected override checkUsable(): void {
    super.checkUsable();
    if (this.#isGone) throw neverBegun();
  }
}

function neverBegun(): DatabaseError {
  return transactionGone('PostgreSQL could not begin the transaction, so nothing of it has run.');
}

function beginText({ isolation, readOnly }: TransactionSettings): string {
  const level =
    isolation === undefined ? '' : ` isolation level ${isolation === 'snapshot' ? 'repeatable read' : isolation}`;
  return `begin${level}${readOnly === true ? ' read only' : ''}`;
}
