import { availableParallelism } from 'node:os';
import { checkOptions } from '../base/check-options.ts';
import { type Rules, whole } from '../base/check-values.ts';
import type { DatabaseOptions, PoolOptions } from './database-contract.ts';
import type { DatabaseEngine, DatabaseEngineHost } from './engine/database-engine.ts';
import type { DatabaseLocation } from './engine/database-url.ts';
import { postgresEngine } from './postgres/postgres-engine.ts';
import { SqliteEngine } from './sqlite/sqlite-engine.ts';

/** Milliseconds that is waited for a connection, a turn to write, or the savepoint of other code. */
export const defaultTimeout = 10_000;

export function makeEngine(
  location: DatabaseLocation,
  settings: Omit<DatabaseOptions<Record<never, never>>, 'models'>,
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
