import { PostgresDialect } from 'kysely';
import type { DatabaseEngine, DatabaseEngineHost } from '../engine/database-engine.ts';
import { Listener } from './listener.ts';
import { PostgresPool, type PostgresPoolOptions } from './postgres-pool.ts';
import { PostgresUnit } from './postgres-unit.ts';

/** PostgreSQL over `pg`. */
export function postgresEngine(
  options: Omit<PostgresPoolOptions, 'decoders'>,
  { decoders }: DatabaseEngineHost,
): DatabaseEngine {
  const pool = new PostgresPool({ ...options, decoders });
  const listener = new Listener(options.url);
  return {
    kind: 'postgres',
    label: options.label,
    dialect,
    get inUse() {
      return pool.inUse;
    },
    get limit() {
      return pool.limit;
    },
    get waiting() {
      return pool.waiting;
    },
    get problem() {
      return pool.problem;
    },
    check: () => pool.check(),
    async open() {
      await pool.open();
    },
    async close() {
      // Idle connections keep no process, but one that is closing them must not end before.
      const hold = setTimeout(() => {}, 60_000);
      try {
        await listener.close();
        await pool.close();
      } finally {
        clearTimeout(hold);
      }
    },
    unit: (unitOptions) => new PostgresUnit(pool, unitOptions),
    listen: (channel, hear) => listener.add(channel, hear),
  };
}

const dialect = new PostgresDialect({ pool: undefined as never });
