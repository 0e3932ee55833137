import { chmod, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client } from 'pg';
import { findCommand, needDebian } from './debian.ts';
import { freePort } from './free-port.ts';
import { startProgram } from './program.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** A PgBouncer in transaction mode, in front of one database. */
export interface PgBouncer extends AsyncDisposable {
  /** The URL of the same database behind it. */
  readonly url: string;
  /** Gives it an order of its console: `PAUSE`, `RESUME`, `RECONNECT`, … */
  readonly order: (command: string) => Promise<void>;
}

/** Why there is no PgBouncer for tests, or `undefined`. Installs it where that may be done. */
export function pgBouncerMissing(): string | undefined {
  return needDebian(['pgbouncer'], () => findCommand('pgbouncer') !== undefined);
}

// It refuses to run as root.
const nobody = 65_534;

/** Starts a PgBouncer that gives each transaction one of `connections` connections to the database of a URL. */
export async function startPgBouncer(databaseUrl: string, connections: number): Promise<PgBouncer> {
  const { hostname, port: serverPort, pathname, username, password } = new URL(databaseUrl);
  const folder = temporaryFolder('pgbouncer');
  await chmod(folder, 0o755);
  const port = await freePort();
  const database = pathname.slice(1);
  await writeFile(join(folder, 'users.txt'), `"${username}" "${password}"\n`);
  await writeFile(
    join(folder, 'pgbouncer.ini'),
    `[databases]
${database} = host=${hostname} port=${serverPort} dbname=${database}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = plain
auth_file = ${join(folder, 'users.txt')}
admin_users = ${username}
pool_mode = transaction
default_pool_size = ${connections}
ignore_startup_parameters = extra_float_digits
`,
  );
  const program = startProgram(findCommand('pgbouncer')!, [join(folder, 'pgbouncer.ini')], {
    ...(process.getuid?.() === 0 && { user: nobody }),
  });
  await program.until(/process up/);
  const urlOf = (name: string): string => `postgres://${username}:${password}@127.0.0.1:${port}/${name}`;
  return {
    url: urlOf(database),
    order: async (command) => {
      const console = new Client(urlOf('pgbouncer'));
      await console.connect();
      await console.query(command).finally(() => console.end());
    },
    async [Symbol.asyncDispose]() {
      await program[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
