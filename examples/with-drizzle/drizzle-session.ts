import { type Dependency, dependency } from 'cortado';
import type { Session } from 'cortado/db';
import { drizzle as drizzlePostgres, type PgRemoteDatabase } from 'drizzle-orm/pg-proxy';
import { drizzle as drizzleSqlite, type SqliteRemoteDatabase } from 'drizzle-orm/sqlite-proxy';
import { CompiledQuery } from 'kysely';

type Schema = Record<string, unknown>;

/**
 * Drizzle over a session of Cortado: its statements run in the transaction of the request, which is committed before the answer, and on
 * SQLite in threads. Drizzle's own drivers for SQLite know no asynchronous transactions.
 */
export function sqliteSession<DB, S extends Schema>(
  session: Dependency<Session<DB>>,
  schema: S,
): Dependency<SqliteRemoteDatabase<S>> {
  return dependency({ session }, ({ session }) =>
    drizzleSqlite(
      async (text, params, method) => {
        // Two columns of a join may have one name; as a subquery, SQLite gives each its own.
        const rows = await run(session, /^select/i.test(text) ? `select * from (${text})` : text, params);
        return { rows: method === 'get' ? rows[0]! : rows };
      },
      { schema },
    ),
  );
}

/** The same on PostgreSQL. */
export function postgresSession<DB, S extends Schema>(
  session: Dependency<Session<DB>>,
  schema: S,
): Dependency<PgRemoteDatabase<S>> {
  return dependency({ session }, ({ session }) =>
    drizzlePostgres(async (text, params) => ({ rows: await run(session, withNames(text), params) }), { schema }),
  );
}

async function run<DB>(session: Session<DB>, text: string, params: unknown[]): Promise<unknown[][]> {
  const { rows } = await session.executeQuery(CompiledQuery.raw(text, params));
  return rows.map((row) => Object.values(row as object));
}

// PostgreSQL gives no names by itself, so the columns of a join are counted: commas up to FROM, outside of quotes and brackets.
function withNames(text: string): string {
  if (!/^select .* join /is.test(text)) return text;
  let depth = 0;
  let count = 1;
  for (const [part] of text.matchAll(/"[^"]*"|'[^']*'|\bfrom\b|[(),]/gi)) {
    if (part === '(') depth++;
    else if (part === ')') depth--;
    else if (depth === 0 && part === ',') count++;
    else if (depth === 0 && /^from$/i.test(part)) break;
  }
  return `select * from (${text}) as t (${Array.from({ length: count }, (_, at) => `c${at}`)})`;
}
