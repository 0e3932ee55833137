import { DatabaseSync } from 'node:sqlite';
import { Client } from 'pg';

/** A table of the app. */
export type Table = 'notes' | 'orders' | 'effects';

/** The names in a table, read past the app. */
export type ReadNames = (table: Table) => Promise<readonly string[]>;

export function readPostgres(url: string): ReadNames {
  return async (table) => {
    const client = new Client(url);
    await client.connect();
    try {
      const { rows } = await client.query<{ name: string }>(`select name from ${table}`);
      return rows.map(({ name }) => name);
    } finally {
      await client.end();
    }
  };
}

export function readSqlite(file: string): ReadNames {
  return async (table) => {
    using database = new DatabaseSync(file, { timeout: 5_000 });
    return database
      .prepare(`select name from ${table}`)
      .all()
      .map(({ name }) => name as string);
  };
}

/** What SQLite says of a file's soundness: `ok`, or what is wrong. */
export function integrityOf(file: string): string {
  using database = new DatabaseSync(file, { timeout: 5_000 });
  return String(database.prepare('pragma integrity_check').get()?.['integrity_check']);
}
