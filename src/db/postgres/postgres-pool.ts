import type { CompiledQuery, QueryResult } from 'kysely';
import type { Pool, PoolClient, QueryArrayResult, QueryConfig } from 'pg';
import { poolExhausted, unreachable } from '../db-error.ts';
import type { Decoders } from '../engine.ts';
import { unwatch, watch } from '../late-signals.ts';
import { loadDriver } from './load-driver.ts';
import { Origins } from './origins.ts';
import { isPlanOutdated, postgresError } from './postgres-error.ts';
import { StatementNames } from './statement-names.ts';

/** Options of a {@link PostgresPool}. */
export interface PostgresPoolOptions {
  readonly url: string;
  readonly label: string;
  /** How many connections it opens at most. */
  readonly max: number;
  /** Milliseconds that a session waits for a connection. */
  readonly timeout: number;
  /** Whether statements are prepared once per connection; a pooler between may not allow it. */
  readonly prepare: boolean;
  readonly decoders: Decoders;
}

/** What `pg` gives for a statement. */
export interface RawResult {
  readonly command: string;
  readonly rowCount: number | null;
  readonly rows: Record<string, unknown>[];
  readonly fields: QueryArrayResult['fields'];
}

type QueryClass = new (
  text: string,
  values: unknown[] | undefined,
  done: (error: unknown, result: RawResult) => void,
) => { name?: string };
type Signal = (() => AbortSignal | undefined) | undefined;

/** Connections to PostgreSQL; statements are prepared by name and sent without waiting for one another. */
export class PostgresPool {
  readonly #options: PostgresPoolOptions;
  readonly #origins: Origins;
  readonly #names = new StatementNames();
  readonly #abandoned = new WeakMap<PoolClient, Promise<unknown>>();
  #pool: Pool | undefined;
  #opened: Promise<Pool> | undefined;
  #Query: QueryClass | undefined;

  constructor(options: PostgresPoolOptions) {
    this.#options = options;
    this.#origins = new Origins(options.decoders);
  }

  get inUse(): number {
    return this.#pool === undefined ? 0 : this.#pool.totalCount - this.#pool.idleCount;
  }

  get limit(): number {
    return this.#options.max;
  }

  get waiting(): number {
    return this.#pool?.waitingCount ?? 0;
  }

  open(): Promise<Pool> {
    this.#opened ??= this.#open().catch((error) => {
      this.#opened = undefined;
      throw error;
    });
    return this.#opened;
  }

  async close(): Promise<void> {
    const pool = await this.#opened?.catch(() => undefined);
    this.#opened = undefined;
    this.#pool = undefined;
    await pool?.end();
  }

  /** A free connection, within the time limit. */
  async connect(signal: Signal): Promise<PoolClient> {
    const pool = this.#pool ?? (await this.open());
    return new Promise((resolve, reject) => {
      let isAborted = false;
      const abort = (reason: unknown): void => {
        isAborted = true;
        reject(reason);
      };
      const isFree = pool.idleCount > 0 || pool.totalCount < this.#options.max;
      const wait = isFree || signal === undefined ? undefined : watch(signal, abort);
      pool.connect((error, client) => {
        unwatch(wait);
        if (client === undefined) reject(this.#connectError(error));
        // A connection that comes after all goes back.
        else if (isAborted) client.release();
        else resolve(client);
      });
    });
  }

  /** Gives a connection back, once a statement that nobody waits for any more has ended on it. */
  release(client: PoolClient, isBroken = false): void {
    const abandoned = this.#abandoned.get(client);
    this.#abandoned.delete(client);
    if (abandoned === undefined) client.release(isBroken);
    else void abandoned.then(() => client.release(isBroken));
  }

  /** Runs a statement, and again under another name when its table has changed since it was prepared. */
  async query<R>(
    client: PoolClient,
    query: CompiledQuery,
    repeatable: boolean,
    signal: Signal,
  ): Promise<QueryResult<R>> {
    const { sql, parameters } = query;
    const name = this.#options.prepare ? this.#names.of(sql) : undefined;
    const config = { text: sql, values: parameters as unknown[], ...(name !== undefined && { name }) };
    try {
      return await this.#toQueryResult<R>(client, await this.raw(client, config, signal));
    } catch (error) {
      if (!isPlanOutdated((error as Error).cause)) throw error;
      this.#names.renew();
      if (!repeatable) throw error;
      return this.query<R>(client, query, false, signal);
    }
  }

  /** Runs a statement that was written here. */
  async rows<R>(client: PoolClient, config: QueryConfig): Promise<QueryResult<R>> {
    return this.#toQueryResult<R>(client, await this.raw(client, config));
  }

  /** Runs a statement and gives `pg`'s result, with Cortado's errors. */
  raw(client: PoolClient, { text, values, name }: QueryConfig, signal?: Signal): Promise<RawResult> {
    return new Promise((resolve, reject) => {
      let whenEnded: (() => void) | undefined;
      const wait =
        signal &&
        watch(signal, (reason) => {
          reject(reason);
          this.#abandon(client, new Promise<void>((ended) => (whenEnded = ended)));
        });
      // A Query that is made here spares `pg` a slow copy of its configuration.
      const query = new this.#Query!(text, values, (error: unknown, result: RawResult) => {
        unwatch(wait);
        whenEnded?.();
        if (error) reject(postgresError(error, text, this.#options.label));
        else resolve(result);
      });
      if (name !== undefined) query.name = name;
      client.query(query as never);
    });
  }

  #toQueryResult<R>(
    client: PoolClient,
    { command, rowCount, rows, fields }: RawResult,
  ): QueryResult<R> | Promise<QueryResult<R>> {
    const result = changing.includes(command)
      ? { rows: rows as R[], numAffectedRows: BigInt(rowCount ?? 0) }
      : { rows: rows as R[] };
    return this.#origins.decode(client, fields, rows)?.then(() => result) ?? result;
  }

  // Until it has ended and its cancellation has arrived, the connection must not serve anybody else.
  #abandon(client: PoolClient, statement: Promise<unknown>): void {
    this.#abandoned.set(client, Promise.allSettled([statement, this.#cancel(client)]));
  }

  // A statement is ended from another connection, one that is not of the pool: that may be exhausted.
  async #cancel(client: PoolClient): Promise<void> {
    const { processID } = client as unknown as { readonly processID: number };
    try {
      const { default: pg } = await loadDriver();
      const other = new pg.Client({
        connectionString: this.#options.url,
        connectionTimeoutMillis: this.#options.timeout,
      });
      other.on('error', () => {});
      await other.connect();
      await other.query('select pg_cancel_backend($1)', [processID]).finally(() => other.end());
    } catch {
      // Then it runs to its end, and its result is dropped.
    }
  }

  async #open(): Promise<Pool> {
    const { default: pg } = await loadDriver();
    const { url, label, max, timeout } = this.#options;
    const { types } = pg;
    this.#Query = pg.Query as unknown as QueryClass;
    const pool = new pg.Pool({
      connectionString: url,
      max,
      connectionTimeoutMillis: timeout,
      allowExitOnIdle: true,
      pipeline: true,
      types: {
        getTypeParser: (oid: number, format: 'text') =>
          oid === int8 ? exactInteger : types.getTypeParser(oid, format),
      },
    } as ConstructorParameters<typeof pg.Pool>[0]);
    // A connection that breaks while idle is replaced at the next use.
    pool.on('error', () => {});
    try {
      (await pool.connect()).release();
    } catch (error) {
      await pool.end();
      throw unreachable(label, (error as Error).message || (error as { code?: string }).code || 'no answer', error);
    }
    this.#pool = pool;
    return pool;
  }

  #connectError(error: unknown): unknown {
    if (error instanceof Error && error.message.startsWith('timeout exceeded'))
      return poolExhausted(`no connection within ${this.#options.timeout} ms`);
    return postgresError(error, undefined, this.#options.label);
  }
}

const changing: readonly string[] = ['INSERT', 'UPDATE', 'DELETE', 'MERGE'];
const int8 = 20;

// An integer that a number holds exactly is a number.
function exactInteger(text: string): number | bigint {
  const number = Number(text);
  return Number.isSafeInteger(number) ? number : BigInt(text);
}
