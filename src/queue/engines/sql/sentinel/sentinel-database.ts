import { DatabaseSync, type StatementSync } from 'node:sqlite';
import type { DatabaseLocation } from '../../../../db/engine/database-url.ts';

/** What the sentinel does with its own connection. */
export interface SentinelDatabase {
  /** Counts up the beat of a worker; `false` when it counts as lost. */
  beat(id: string): Promise<boolean>;
  /** What there is to do, or `undefined` when nothing has changed since the last look. */
  look(workers: readonly string[]): { readonly work: boolean; readonly interrupt: boolean } | undefined;
  close(): Promise<void>;
}

/** Opens it. */
export async function openSentinelDatabase(location: DatabaseLocation): Promise<SentinelDatabase> {
  return location.kind === 'sqlite' ? new SqliteSentinel(location.path) : openPostgres(location.url);
}

class SqliteSentinel implements SentinelDatabase {
  readonly #database: DatabaseSync;
  readonly #beat: StatementSync;
  readonly #version: StatementSync;
  readonly #queued: StatementSync;
  readonly #cancelled: StatementSync;
  #last: unknown;

  constructor(path: string) {
    this.#database = new DatabaseSync(path, { timeout: 5000 });
    this.#database.exec('pragma synchronous = normal');
    this.#beat = this.#database.prepare('update cortado_workers set beat = beat + 1 where id = ?');
    this.#version = this.#database.prepare('pragma data_version');
    this.#queued = this.#database.prepare(`select 1 from cortado_tasks where state = 'queued' limit 1`);
    this.#cancelled = this.#database.prepare(
      `select 1 from cortado_tasks where state = 'running' and cancel_requested = 1 and worker in (select value from json_each(?)) limit 1`,
    );
  }

  async beat(id: string): Promise<boolean> {
    return this.#beat.run(id).changes === 1;
  }

  look(workers: readonly string[]): { work: boolean; interrupt: boolean } | undefined {
    const version = this.#version.get()?.['data_version'];
    if (version === this.#last) return undefined;
    this.#last = version;
    return {
      work: this.#queued.get() !== undefined,
      interrupt: workers.length > 0 && this.#cancelled.get(JSON.stringify(workers)) !== undefined,
    };
  }

  async close(): Promise<void> {
    this.#database.close();
  }
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
