import type { CompiledQuery, QueryResult } from 'kysely';
import type { Pool, PoolClient } from 'pg';
import { CortadoError } from '../../base/error.ts';
import type { Decoders } from '../engine/database-engine.ts';
import { type DatabaseError, poolExhausted, unreachable, unusable } from '../engine/db-error.ts';
import { unwatch, watch } from '../engine/late-signals.ts';
import { cancelStatement } from './cancel.ts';
import { loadDriver } from './load-driver.ts';
import { type Ask, Origins } from './origins.ts';
import { isPlanOutdated, postgresError } from './postgres-error.ts';
import { Reachability } from './reachability.ts';
import { parsersOf } from './statements/parse-value.ts';
import {
  adoptStatement,
  type Begin,
  PostgresStatement,
  type StatementHost,
  type StatementOptions,
} from './statements/postgres-statement.ts';
import { prepareWith } from './statements/prepare-value.ts';
import { ResultShape } from './statements/result-shape.ts';
import { StatementNames } from './statements/statement-names.ts';

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

type Signal = (() => AbortSignal | undefined) | undefined;

export interface QueryOptions {
  /** Whether it may be run again when it could not be run at all. */
  readonly repeatable: boolean;
  readonly signal: Signal;
  readonly begin?: Begin | undefined;
}

/** Connections to PostgreSQL; statements are prepared by name and sent without waiting for one another. */
export class PostgresPool {
  readonly #options: PostgresPoolOptions;
  readonly #origins: Origins;
  readonly #names = new StatementNames();
  readonly #abandoned = new WeakMap<PoolClient, Promise<unknown>>();
  readonly #broken = new WeakSet<PoolClient>();
  readonly #reachability: Reachability = new Reachability(() => this.#ask());
  #pool: Pool | undefined;
  #opened: Promise<Pool> | undefined;
  #host: StatementHost | undefined;

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

  /** Why the server cannot be reached, where it is known that it cannot. */
  get problem(): string | undefined {
    return this.#reachability.problem;
  }

  check(): Promise<void> {
    return this.#pool === undefined ? Promise.resolve() : this.#reachability.check();
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
    this.#reachability.close();
    await pool?.end();
  }

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
    const release = (): void => client.release(isBroken || this.#broken.has(client));
    if (abandoned === undefined) release();
    else void abandoned.then(release);
  }

  /** Runs a statement, and again under another name when its table has changed since it was prepared. */
  async query<R>(client: PoolClient, query: CompiledQuery, how: QueryOptions): Promise<QueryResult<R>> {
    const { sql, parameters } = query;
    const name = this.#options.prepare ? this.#names.of(sql) : undefined;
    try {
      return await this.rows<R>(client, { text: sql, values: parameters, name, begin: how.begin }, how.signal);
    } catch (error) {
      if (!isPlanOutdated((error as Error).cause)) throw error;
      this.#names.renew();
      if (!how.repeatable) throw error;
      return this.query<R>(client, query, { ...how, repeatable: false });
    }
  }

  async rows<R>(client: PoolClient, statement: StatementOptions, signal?: Signal): Promise<QueryResult<R>> {
    const { tag, found, shape } = await this.run(client, statement, signal);
    if (shape !== undefined && !shape.isDecoded && found.length > 0) await this.#decodeLate(client, shape, found);
    const rows = found as R[];
    return changing.test(tag) ? { rows, numAffectedRows: BigInt(tag.slice(tag.lastIndexOf(' ') + 1)) } : { rows };
  }

  /** Runs a statement to its end, with Cortado's errors. */
  run(client: PoolClient, options: StatementOptions, signal?: Signal): Promise<PostgresStatement> {
    return new Promise((resolve, reject) => {
      let whenEnded: (() => void) | undefined;
      const wait =
        signal &&
        watch(signal, (reason) => {
          reject(reason);
          this.#abandon(client, new Promise<void>((ended) => (whenEnded = ended)));
        });
      const statement = new PostgresStatement(this.#host!, options, (error) => {
        unwatch(wait);
        whenEnded?.();
        if (!error) return resolve(statement);
        const failure = postgresError(error, options.text, this.#options.label);
        // The server may say that it ends the connection before that has ended: nobody else must get it.
        if (failure instanceof CortadoError && failure.code === 'CORTADO_DB_UNREACHABLE') {
          this.#broken.add(client);
          this.#reachability.doubt();
        }
        reject(failure);
      });
      client.query(statement as never);
    });
  }

  /** The error of a statement that the server refused because it only reads. */
  unwritable({ sql, cause }: DatabaseError): DatabaseError {
    return unusable(this.#options.label, (cause as Error).message, sql, cause);
  }

  async #decodeLate(client: PoolClient, shape: ResultShape, rows: Record<string, unknown>[]): Promise<void> {
    const ask: Ask = async (text, values) => (await this.run(client, { text, values })).found;
    await this.#origins.learn(ask, shape.fields);
    shape.decodeWith(this.#origins.decodersOf(shape.fields) ?? []);
    shape.decodeLate(rows);
  }

  // Until it has ended and its cancellation has arrived, the connection must not serve anybody else.
  #abandon(client: PoolClient, statement: Promise<unknown>): void {
    // From a connection that is not of the pool: that may be exhausted. If it fails, the statement runs to its end, and its result is dropped.
    const cancelled = cancelStatement(client, this.#options.url, this.#options.timeout);
    this.#abandoned.set(client, Promise.allSettled([statement, cancelled]));
  }

  async #open(): Promise<Pool> {
    const { default: pg } = await loadDriver();
    const { url, label, max, timeout } = this.#options;
    this.#host = statementHost(pg, this.#origins);
    const pool = new pg.Pool({
      connectionString: url,
      max,
      connectionTimeoutMillis: timeout,
      allowExitOnIdle: true,
      pipeline: true,
    } as ConstructorParameters<typeof pg.Pool>[0]);
    // A connection that breaks while idle is replaced at the next use; one that breaks at work fails its statements, and nothing else.
    pool.on('error', () => this.#reachability.doubt());
    pool.on('connect', (client) => {
      client.on('error', () => {});
      this.#reachability.reached();
    });
    this.#reachability.open();
    try {
      (await pool.connect()).release();
    } catch (error) {
      this.#reachability.close();
      await pool.end();
      throw unreachable(label, whyOf(error), error);
    }
    this.#pool = pool;
    return pool;
  }

  // Where all connections are at work there is none to ask through, and some of them may be on the way to a server that is away.
  async #ask(): Promise<boolean> {
    const pool = this.#pool;
    if (pool === undefined || (pool.idleCount === 0 && pool.totalCount >= this.#options.max)) return false;
    const { idleCount } = pool;
    for (let tries = 0; ; tries++) {
      try {
        await askOnce(pool);
        return true;
      } catch (error) {
        if (isTimeout(error)) return false;
        // A connection that has broken while it was idle says nothing about the next.
        if (tries >= idleCount || (error as Error).message === 'Query read timeout')
          throw unreachable(this.#options.label, whyOf(error), error);
      }
    }
  }

  #connectError(error: unknown): unknown {
    const { timeout, label } = this.#options;
    if (isTimeout(error)) return poolExhausted(`no connection within ${timeout} ms`);
    const failure = postgresError(error, undefined, label);
    if (failure instanceof CortadoError && failure.code === 'CORTADO_DB_POOL') return failure;
    // A server that is there, and lets nobody in, is as good as away: a password that has changed, a database that is gone.
    const away = unreachable(label, whyOf(error), error);
    this.#reachability.missed(away.message);
    return away;
  }
}

// Milliseconds that a look waits for an answer.
const patience = 2_000;

async function askOnce(pool: Pool): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query({ text: 'select 1', query_timeout: patience } as { text: string });
    client.release();
  } catch (error) {
    client.release(true);
    throw error;
  }
}

// The pool's own: nobody gave a connection back in time.
function isTimeout(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('timeout exceeded');
}

function whyOf(error: unknown): string {
  return (error as Error).message || (error as { code?: string }).code || 'no answer';
}

const changing = /^(?:INSERT|UPDATE|DELETE|MERGE) /;

type Driver = Awaited<ReturnType<typeof loadDriver>>['default'];

function statementHost(pg: Driver, origins: Origins): StatementHost {
  const { types, utils, Query } = pg as Driver & { readonly utils: Pick<StatementHost, 'prepareValue'> };
  adoptStatement(Query);
  const parserOf = parsersOf(types as never);
  return {
    prepareValue: prepareWith((value) => utils.prepareValue(value)),
    shapeOf: (fields) => {
      const shape = new ResultShape(fields, parserOf);
      const decode = origins.decodersOf(fields);
      if (decode !== undefined) shape.decodeWith(decode);
      return shape;
    },
  };
}
