import { type Dependency, dependency } from 'cortado';
import type { Session } from 'cortado/db';
import { drizzle, type SqliteRemoteDatabase } from 'drizzle-orm/sqlite-proxy';
import { CompiledQuery } from 'kysely';

/**
 * Drizzle over a session of Cortado: its statements run in the threads of SQLite and in the transaction of the request, which is
 * committed before the answer. Drizzle's own drivers for SQLite know no asynchronous transactions.
 */
export function drizzleSession<DB, S extends Record<string, unknown>>(
  session: Dependency<Session<DB>>,
  schema: S,
): Dependency<SqliteRemoteDatabase<S>> {
  return dependency({ session }, ({ session }) =>
    drizzle(
      async (text, params, method) => {
        // Two columns of a join may have one name; as a subquery, SQLite gives each its own.
        const sql = /^select/i.test(text) ? `select * from (${text})` : text;
        const { rows } = await session.executeQuery(CompiledQuery.raw(sql, params));
        const values = rows.map((row) => Object.values(row as object));
        return { rows: method === 'get' ? values[0]! : values };
      },
      { schema },
    ),
  );
}
