import type { CompiledQuery, QueryResult } from 'kysely';
import type { PoolClient } from 'pg';
import { DatabaseError, transactionGone } from '../db-error.ts';
import type { TransactionSettings, Unit, UnitOptions } from '../engine.ts';
import { isPlainRead } from './plain-read.ts';
import type { PostgresEngine } from './postgres-engine.ts';

type State = 'idle' | 'open' | 'released';

/** A conversation with PostgreSQL: on a connection of its own while a transaction is open, on any free one for what only reads. */
export class PostgresUnit implements Unit {
  readonly #engine: PostgresEngine;
  readonly #options: UnitOptions;
  #state: State = 'idle';
  #settings: TransactionSettings;
  #client: Promise<PoolClient> | undefined;
  #hasBegun = false;
  #cursors = 0;

  constructor(engine: PostgresEngine, options: UnitOptions) {
    this.#engine = engine;
    this.#options = options;
    this.#settings = options;
  }

  get isOpen(): boolean {
    return this.#state === 'open';
  }

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    this.#checkUsable();
    if (this.#state === 'open' || !this.#isAlone(query)) return this.#inTransaction<R>(query);
    if (this.#options.mode === 'read' && !isPlainRead(query)) return this.#guarded<R>(query);
    if (this.#isPinned) return this.#engine.query<R>(await this.#connect(), query, true);
    const client = await this.#engine.connect(this.#options.signal);
    try {
      return await this.#engine.query<R>(client, query, true);
    } finally {
      client.release();
    }
  }

  async *streamQuery<R>(query: CompiledQuery, chunkSize: number): AsyncGenerator<QueryResult<R>> {
    this.#checkUsable();
    const isOwn = this.#state !== 'open';
    if (isOwn) await this.begin({ readOnly: true });
    const name = `cortado_c${++this.#cursors}`;
    try {
      const client = await this.#enter();
      const { sql, parameters } = query;
      await this.#engine.raw(client, { text: `declare ${name} no scroll cursor for ${sql}`, values: [...parameters] });
      for (;;) {
        const chunk = await this.#engine.rows<R>(client, `fetch ${chunkSize} from ${name}`);
        if (chunk.rows.length > 0) yield { rows: chunk.rows };
        if (chunk.rows.length < chunkSize) break;
      }
      if (!isOwn) await this.#engine.raw(client, { text: `close ${name}` });
    } finally {
      if (isOwn) await this.rollback();
    }
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
    try {
      await this.rollback();
    } finally {
      this.#state = 'released';
      await this.#letGo(false);
    }
  }

  // Kysely asks for a unit per statement or `connection()`, and releases it: until then it is one connection.
  get #isPinned(): boolean {
    return this.#options.mode === 'autocommit' || this.#options.mode === 'read';
  }

  #connect(): Promise<PoolClient> {
    this.#client ??= this.#engine.connect(this.#options.signal);
    return this.#client;
  }

  #isAlone(query: CompiledQuery): boolean {
    return this.#isPinned || (this.#options.mode === 'lazy' && isPlainRead(query));
  }

  // What may have an effect goes through a transaction in which PostgreSQL itself refuses to write.
  async #guarded<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    await this.begin({ readOnly: true });
    try {
      return await this.#inTransaction<R>(query);
    } finally {
      await this.rollback();
    }
  }

  async #inTransaction<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    this.#state = 'open';
    return this.#engine.query<R>(await this.#enter(), query, false);
  }

  // BEGIN goes out together with the first statement: its answer is not waited for.
  async #enter(): Promise<PoolClient> {
    const client = await this.#connect();
    this.#checkUsable();
    if (!this.#hasBegun) {
      this.#hasBegun = true;
      this.#engine.raw(client, { text: beginText(this.#settings) }).catch(() => {});
    }
    return client;
  }

  async #end(kind: 'commit' | 'rollback'): Promise<void> {
    const hasBegun = this.#hasBegun;
    this.#hasBegun = false;
    let isBroken = false;
    try {
      if (hasBegun) await this.#send(kind, await this.#connect());
    } catch (error) {
      isBroken = (error as Partial<DatabaseError>).code === 'CORTADO_DB_UNREACHABLE';
      throw error;
    } finally {
      if (!this.#isPinned || isBroken) await this.#letGo(isBroken);
    }
  }

  async #send(kind: 'commit' | 'rollback', client: PoolClient): Promise<void> {
    const { command } = await this.#engine.raw(client, { text: kind });
    // PostgreSQL answers a commit of a failed transaction with a rollback, and calls that a success.
    if (kind === 'commit' && command !== 'COMMIT')
      throw transactionGone('A statement of the transaction had failed, so it was rolled back.', undefined, undefined);
  }

  async #letGo(isBroken: boolean): Promise<void> {
    const pending = this.#client;
    this.#client = undefined;
    (await pending?.catch(() => undefined))?.release(isBroken);
  }

  #checkUsable(): void {
    if (this.#state === 'released')
      throw new DatabaseError(
        'CORTADO_DB_TRANSACTION',
        'This session has ended; its statements must be awaited before that.',
      );
  }
}

function beginText({ isolation, readOnly }: TransactionSettings): string {
  const level =
    isolation === undefined ? '' : ` isolation level ${isolation === 'snapshot' ? 'repeatable read' : isolation}`;
  return `begin${level}${readOnly === true ? ' read only' : ''}`;
}
