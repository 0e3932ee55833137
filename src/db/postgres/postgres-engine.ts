import { type CompiledQuery, type Dialect, PostgresDialect, type QueryResult } from 'kysely';
import type { Pool, PoolClient, QueryArrayResult, QueryConfig } from 'pg';
import { CortadoError } from '../../base/error.ts';
import { poolExhausted, unreachable } from '../db-error.ts';
import type { Engine, EngineHost, Unit, UnitOptions } from '../engine.ts';
import { Listener } from './listener.ts';
import { Origins } from './origins.ts';
import { isPlanOutdated, postgresError } from './postgres-error.ts';
import { PostgresUnit } from './postgres-unit.ts';
import { StatementNames } from './statement-names.ts';

/** Options of a {@link PostgresEngine}. */
export interface PostgresEngineOptions {
  readonly url: string;
  readonly label: string;
  /** How many connections it opens at most. */
  readonly max: number;
  /** Milliseconds that a session waits for a connection. */
  readonly timeout: number;
  /** Whether statements are prepared once per connection; a pooler between may not allow it. */
  readonly prepare: boolean;
}

/** PostgreSQL over `pg`: a pool of connections, statements prepared by name and sent without waiting for one another. */
export class PostgresEngine implements Engine {
  readonly kind = 'postgres';
  readonly label: string;
  readonly dialect: Engine['dialect'] = dialect;
  readonly #options: PostgresEngineOptions;
  readonly #origins: Origins;
  readonly #names = new StatementNames();
  readonly #listener: Listener;
  #pool: Pool | undefined;
  #opened: Promise<void> | undefined;

  constructor(options: PostgresEngineOptions, host: EngineHost) {
    this.label = options.label;
    this.#options = options;
    this.#origins = new Origins(host.decoders);
    this.#listener = new Listener(options.url, loadDriver);
  }

  get waiting(): number {
    return this.#pool?.waitingCount ?? 0;
  }

  open(): Promise<void> {
    this.#opened ??= this.#open().catch((error) => {
      this.#opened = undefined;
      throw error;
    });
    return this.#opened;
  }

  async close(): Promise<void> {
    await this.#opened?.catch(() => {});
    this.#opened = undefined;
    const pool = this.#pool;
    this.#pool = undefined;
    await this.#listener.close();
    await pool?.end();
  }

  unit(options: UnitOptions): Unit {
    return new PostgresUnit(this, options);
  }

  listen(channel: string, listener: (payload: string | undefined) => void): Disposable {
    return this.#listener.add(channel, listener);
  }

  /** A free connection, within the time limit. */
  async connect(signal?: () => AbortSignal | undefined): Promise<PoolClient> {
    if (this.#pool === undefined) await this.open();
    const pool = this.#pool!;
    const isFree = pool.idleCount > 0 || pool.totalCount < this.#options.max;
    const wanted = pool.connect().catch((error) => {
      throw this.#connectError(error);
    });
    const stop = isFree ? undefined : signal?.();
    return stop === undefined ? wanted : unlessAborted(wanted, stop);
  }

  /** Runs a statement, and again under another name when its table has changed since it was prepared. */
  async query<R>(client: PoolClient, query: CompiledQuery, repeatable: boolean): Promise<QueryResult<R>> {
    const { sql, parameters } = query;
    const name = this.#options.prepare ? this.#names.of(sql) : undefined;
    try {
      return await this.rows<R>(client, {
        text: sql,
        values: parameters as unknown[],
        ...(name !== undefined && { name }),
      });
    } catch (error) {
      if (!isPlanOutdated((error as Error).cause)) throw error;
      this.#names.renew();
      if (!repeatable) throw error;
      return this.query<R>(client, query, false);
    }
  }

  /** Runs a statement that was written here. */
  async rows<R>(client: PoolClient, config: string | QueryConfig): Promise<QueryResult<R>> {
    const { command, rowCount, rows, fields } = await this.raw(
      client,
      typeof config === 'string' ? { text: config } : config,
    );
    await this.#origins.decode(client, fields, rows);
    const changed = command === 'INSERT' || command === 'UPDATE' || command === 'DELETE' || command === 'MERGE';
    return changed ? { rows: rows as R[], numAffectedRows: BigInt(rowCount ?? 0) } : { rows: rows as R[] };
  }

  /** Runs a statement and gives `pg`'s result, with Cortado's errors. */
  async raw(client: PoolClient, config: QueryConfig): Promise<RawResult> {
    try {
      return await client.query<Record<string, unknown>>(config);
    } catch (error) {
      throw postgresError(error, config.text, this.label);
    }
  }

  async #open(): Promise<void> {
    const { default: pg } = await loadDriver();
    const { url, max, timeout } = this.#options;
    const pool = new pg.Pool({
      connectionString: url,
      max,
      connectionTimeoutMillis: timeout,
      allowExitOnIdle: true,
      pipeline: true,
      types: {
        getTypeParser: (oid, format) => (oid === int8 ? exactInteger : pg.types.getTypeParser(oid as number, format)),
      },
    } as ConstructorParameters<typeof pg.Pool>[0]);
    // A connection that breaks while idle is replaced at the next use.
    pool.on('error', () => {});
    try {
      (await pool.connect()).release();
    } catch (error) {
      await pool.end();
      throw unreachable(
        this.label,
        (error as Error).message || (error as { code?: string }).code || 'no answer',
        error,
      );
    }
    this.#pool = pool;
  }

  #connectError(error: unknown): unknown {
    if (error instanceof Error && error.message.startsWith('timeout exceeded'))
      return poolExhausted(`no connection within ${this.#options.timeout} ms`);
    return postgresError(error, undefined, this.label);
  }
}

interface RawResult {
  readonly command: string;
  readonly rowCount: number | null;
  readonly rows: Record<string, unknown>[];
  readonly fields: QueryArrayResult['fields'];
}

const int8 = 20;

// An integer that a number holds exactly is a number.
function exactInteger(text: string): number | bigint {
  const number = Number(text);
  return Number.isSafeInteger(number) ? number : BigInt(text);
}

async function loadDriver(): Promise<typeof import('pg')> {
  try {
    return await import('pg');
  } catch (cause) {
    throw new CortadoError('CORTADO_DB_URL', 'PostgreSQL needs its driver: npm install pg', { cause });
  }
}

// A connection that comes after all goes back.
function unlessAborted(wanted: Promise<PoolClient>, signal: AbortSignal): Promise<PoolClient> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      reject(signal.reason);
      wanted.then((client) => client.release()).catch(() => {});
    };
    if (signal.aborted) return onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    wanted.then(
      (client) => {
        signal.removeEventListener('abort', onAbort);
        if (!signal.aborted) resolve(client);
      },
      (error) => {
        signal.removeEventListener('abort', onAbort);
        reject(error);
      },
    );
  });
}

const kysely: Dialect = new PostgresDialect({ pool: undefined as never });
const dialect: Engine['dialect'] = {
  createQueryCompiler: () => kysely.createQueryCompiler(),
  createAdapter: () => kysely.createAdapter(),
  createIntrospector: (db) => kysely.createIntrospector(db),
};
