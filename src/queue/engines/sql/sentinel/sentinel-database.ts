import { DatabaseSync } from 'node:sqlite';
import type { DatabaseLocation } from '../../../../db/engine/database-url.ts';

/** What the sentinel does with its own connection. */
export interface SentinelDatabase {
  /** Counts up the beat of a worker; `false` when it counts as lost. */
  beat(id: string): Promise<boolean>;
  /** What there is to do, or `undefined` when nothing has changed since the last look. */
  look(workers: readonly string[]): { readonly work: boolean; readonly interrupt: boolean } | undefined;
  close(): Promise<void>;
}

export async function openSentinelDatabase(location: DatabaseLocation): Promise<SentinelDatabase> {
  return location.kind === 'sqlite' ? openSqlite(location.path) : openPostgres(location.url);
}

function openSqlite(path: string): SentinelDatabase {
  const database = new DatabaseSync(path, { timeout: 5000 });
  database.exec('pragma synchronous = normal');
  const beat = database.prepare('update cortado_workers set beat = beat + 1 where id = ?');
  const version = database.prepare('pragma data_version');
  const queued = database.prepare(`select 1 from cortado_tasks where state = 'queued' limit 1`);
  const cancelled = database.prepare(
    `select 1 from cortado_tasks where state = 'running' and cancel_requested = 1 and worker in (select value from json_each(?)) limit 1`,
  );
  let last: unknown;
  return {
    async beat(id) {
      return beat.run(id).changes === 1;
    },
    look(workers) {
      const now = version.get()?.['data_version'];
      if (now === last) return undefined;
      last = now;
      const interrupt = workers.length > 0 && cancelled.get(JSON.stringify(workers)) !== undefined;
      return { work: queued.get() !== undefined, interrupt };
    },
    async close() {
      database.close();
    },
  };
}

// PostgreSQL tells of changes itself, so only the beat is left.
async function openPostgres(url: string): Promise<SentinelDatabase> {
  const { default: pg } = await import('pg');
  let client: InstanceType<typeof pg.Client> | undefined;
  const connected = async (): Promise<InstanceType<typeof pg.Client>> => {
    if (client !== undefined) return client;
    const made = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5000, query_timeout: 10_000 });
    const forget = (): void => {
      if (client === made) client = undefined;
    };
    made.on('error', forget);
    made.on('end', forget);
    await made.connect();
    return (client = made);
  };
  return {
    async beat(id) {
      const result = await (await connected()).query('update cortado_workers set beat = beat + 1 where id = $1', [id]);
      return result.rowCount === 1;
    },
    look: () => undefined,
    async close() {
      await client?.end();
    },
  };
}
