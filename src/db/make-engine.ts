import { availableParallelism } from 'node:os';
import { checkOptions } from '../base/check-options.ts';
import { type Rules, whole } from '../base/check-values.ts';
import type { DatabaseEngine, DatabaseEngineHost } from './engine/database-engine.ts';
import type { DatabaseLocation } from './engine/database-url.ts';
import { postgresEngine } from './postgres/postgres-engine.ts';
import { SqliteEngine } from './sqlite/sqlite-engine.ts';

/** Milliseconds that is waited for a connection, a turn to write, or the savepoint of other code. */
export const defaultTimeout = 10_000;

/** What a database opens, and how long it lets others wait for it. */
export interface PoolOptions {
  /** PostgreSQL: connections. SQLite: threads that read, beside the one that writes. Default 10, or as many as there are cores, from 2 to 4. */
  readonly max?: number;
  /** Milliseconds that a request waits for a connection or its turn to write before it gets a 503. Default 10,000. */
  readonly timeout?: number;
}

/** Settings of a database that its engine needs. */
export interface EngineSettings {
  readonly pool?: PoolOptions;
  readonly busyTimeout?: number;
  readonly synchronous?: 'normal' | 'full';
  readonly prepare?: boolean;
}

/** Makes the engine for a location. */
export function makeEngine(
  location: DatabaseLocation,
  settings: EngineSettings,
  host: DatabaseEngineHost,
): DatabaseEngine {
  const { pool = {}, busyTimeout = 5_000, synchronous = 'normal' } = settings;
  checkOptions('database(): pool', pool, { max: whole(1), timeout: whole(0) } satisfies Rules<PoolOptions>);
  const timeout = pool.timeout ?? defaultTimeout;
  if (location.kind === 'sqlite') {
    const readers = pool.max ?? Math.min(4, Math.max(2, availableParallelism()));
    return new SqliteEngine(
      { path: location.path, label: location.label, readers, timeout, busyTimeout, synchronous },
      host,
    );
  }
  const { prepare = true } = settings;
  return postgresEngine({ url: location.url, label: location.label, max: pool.max ?? 10, timeout, prepare }, host);
}
