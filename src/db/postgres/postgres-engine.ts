import { type Dialect, PostgresDialect } from 'kysely';
import type { DatabaseEngine, DatabaseEngineHost, Unit, UnitOptions } from '../engine/database-engine.ts';
import { Listener } from './listener.ts';
import { PostgresPool, type PostgresPoolOptions } from './postgres-pool.ts';
import { PostgresUnit } from './postgres-unit.ts';

/** PostgreSQL over `pg`. */
export class PostgresEngine implements DatabaseEngine {
  readonly kind = 'postgres';
  readonly label: string;
  readonly dialect: DatabaseEngine['dialect'] = dialect;
  readonly #pool: PostgresPool;
  readonly #listener: Listener;

  constructor(options: Omit<PostgresPoolOptions, 'decoders'>, host: DatabaseEngineHost) {
    this.label = options.label;
    this.#pool = new PostgresPool({ ...options, decoders: host.decoders });
    this.#listener = new Listener(options.url);
  }

  get inUse(): number {
    return this.#pool.inUse;
  }

  get limit(): number {
    return this.#pool.limit;
  }

  get waiting(): number {
    return this.#pool.waiting;
  }

  get problem(): string | undefined {
    return this.#pool.problem;
  }

  check(): Promise<void> {
    return this.#pool.check();
  }

  async open(): Promise<void> {
    await this.#pool.open();
  }

  async close(): Promise<void> {
    // Idle connections keep no process, but one that is closing them must not end before.
    const hold = setTimeout(() => {}, 60_000);
    try {
      await this.#listener.close();
      await this.#pool.close();
    } finally {
      clearTimeout(hold);
    }
  }

  unit(options: UnitOptions): Unit {
    return new PostgresUnit(this.#pool, options);
  }

  listen(channel: string, listener: (payload: string | undefined) => void): Disposable {
    return this.#listener.add(channel, listener);
  }
}

const kysely: Dialect = new PostgresDialect({ pool: undefined as never });
const dialect: DatabaseEngine['dialect'] = {
  createQueryCompiler: () => kysely.createQueryCompiler(),
  createAdapter: () => kysely.createAdapter(),
  createIntrospector: (db) => kysely.createIntrospector(db),
};
