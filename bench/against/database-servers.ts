import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPostgres } from '../../test/support/postgres.ts';
import type { ServerOptions } from '../harness/server-process.ts';
import type { Builds } from './builds.ts';

/** A build's server on a database, which is another empty one each time that it starts. */
export interface DatabaseServer {
  readonly name: string;
  readonly server: ServerOptions;
}

/** The servers of all builds on SQLite or PostgreSQL; each may start so many times. */
export class DatabaseServers implements AsyncDisposable {
  readonly servers: readonly DatabaseServer[];
  readonly #stop: () => Promise<void>;

  private constructor(servers: readonly DatabaseServer[], stop: () => Promise<void>) {
    this.servers = servers;
    this.#stop = stop;
  }

  static async open(kind: 'sqlite' | 'postgres', builds: Builds, starts: number): Promise<DatabaseServers> {
    const folder = mkdtempSync(join(tmpdir(), 'cortado-bench-'));
    const postgres =
      kind === 'postgres'
        ? await startPostgres(['-c', 'synchronous_commit=off', '-c', 'shared_buffers=256MB'])
        : undefined;
    const servers: DatabaseServer[] = [];
    for (const [name, checkout] of Object.entries(builds)) {
      const urls: string[] = [];
      for (let start = 0; start < starts; start++)
        urls.push((await postgres?.newDatabase()) ?? `sqlite:${join(folder, `${name}-${start}.db`)}`);
      servers.push({
        name,
        get server() {
          const args = [join(checkout, 'bench/db/servers/cortado.ts')];
          return { name, program: process.execPath, args, env: { DATABASE_URL: urls.pop()! }, probe: '/users/1' };
        },
      });
    }
    return new DatabaseServers(servers, async () => {
      await postgres?.stop();
      rmSync(folder, { recursive: true, force: true });
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stop();
  }
}
