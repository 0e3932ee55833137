import type { Kysely } from 'kysely';
import type { Database } from '../../db/database-contract.ts';
import type { TicketStore } from './ticket-store.ts';

interface Tables {
  readonly cortado_tickets: { readonly hash: string; readonly value: string; readonly expires_at: number };
}

/**
 * Keeps tickets in a database of the app, in the table `cortado_tickets`, which it makes: for an app that runs in several processes. A ticket that
 * is issued inside of a session is there once that has been committed.
 *
 * @param database A database of `cortado/db`.
 * @throws what the database throws.
 * @example
 * ```ts
 * const socketTickets = tickets({ store: sqlTickets(db) });
 * ```
 */
export function sqlTickets<DB>(database: Database<DB>): TicketStore {
  const db = database as unknown as Database<Tables>;
  let isMade = false;
  let swept = 0;

  // In the session around, where there is one: beside it, a statement that writes would wait for it.
  async function makeTable(): Promise<void> {
    if (isMade) return;
    await db.transaction(async (session) => {
      // Two that make a table at once fail on PostgreSQL, "if not exists" or not.
      if (db.kind === 'postgres')
        await session.selectNoFrom((eb) => eb.fn('pg_advisory_xact_lock', [eb.val(lockKey)]).as('locked')).execute();
      await session.schema
        .createTable('cortado_tickets')
        .ifNotExists()
        .addColumn('hash', 'text', (column) => column.primaryKey())
        .addColumn('value', 'text', (column) => column.notNull())
        .addColumn('expires_at', 'bigint', (column) => column.notNull())
        .execute();
      await session.schema
        .createIndex('cortado_tickets_expires_at')
        .ifNotExists()
        .on('cortado_tickets')
        .column('expires_at')
        .execute();
      session.afterCommit(() => {
        isMade = true;
      });
    });
  }

  // What another process is taking or sweeping is left to it.
  async function sweep(kysely: Kysely<Tables>, now: number): Promise<void> {
    if (now - swept < pause) return;
    swept = now;
    const expired = kysely.selectFrom('cortado_tickets').select('hash').where('expires_at', '<=', now).limit(most);
    const rows = db.kind === 'postgres' ? expired.forUpdate().skipLocked() : expired;
    await kysely.deleteFrom('cortado_tickets').where('hash', 'in', rows).execute();
  }

  return {
    async put(hash, value, expiresAt) {
      await makeTable();
      const row = { hash, value, expires_at: expiresAt };
      await (db.current() ?? db.kysely).insertInto('cortado_tickets').values(row).execute();
    },
    // Never in the session around, whose rollback would give the ticket back.
    async take(hash) {
      await makeTable();
      const now = Date.now();
      const [row] = await db.kysely
        .deleteFrom('cortado_tickets')
        .where('hash', '=', hash)
        .returning(['value', 'expires_at'])
        .execute();
      await sweep(db.kysely, now);
      // PostgreSQL's driver gives a bigint as a text.
      return row !== undefined && Number(row.expires_at) > now ? row.value : undefined;
    },
  };
}

// Milliseconds between two looks for what has expired, and how much of it goes at once.
const pause = 60_000;
const most = 1000;

// Of the lock under which the table is made; any number that nobody else has.
const lockKey = 7_305_126_181;
