import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type PostgresServer, startPostgres } from '../../test/support/postgres.ts';
import { peerVersion } from '../harness/peers.ts';
import { ServerProcess } from '../harness/server-process.ts';

/** A database that contenders are measured on. */
export type Kind = 'sqlite' | 'postgres';

/** A server of the benchmark. */
export interface Contender {
  readonly name: string;
  readonly label: string;
  readonly program: string;
  readonly args: readonly string[];
}

const servers = join(import.meta.dirname, 'servers');

function onNode(name: string, label: string): Contender {
  return { name, label, program: process.execPath, args: [join(servers, `${name}.ts`)] };
}

/** All contenders that this machine can run on a kind of database; the first is the base of the ratios. */
export function contenders(kind: Kind): readonly Contender[] {
  const driver = kind === 'sqlite' ? 'better-sqlite3' : 'pg';
  const fastify = `Fastify ${peerVersion('fastify')}`;
  const all = [
    onNode('fastify-kysely', `${fastify}, Kysely ${peerVersion('kysely')}, ${driver}`),
    onNode('cortado', 'Cortado'),
    onNode('fastify-drizzle', `${fastify}, Drizzle ${peerVersion('drizzle-orm')}, ${driver}`),
    onNode('nest-typeorm', `NestJS ${peerVersion('@nestjs/core')}, TypeORM ${peerVersion('typeorm')}, ${driver}`),
  ];
  const python = fastApi(kind === 'sqlite' ? 'aiosqlite' : 'asyncpg');
  return python === undefined ? all : [...all, python];
}

// Debian's packages belong to the system's Python, whatever `python3` means on the path.
function fastApi(driver: string): Contender | undefined {
  const versions = `import fastapi,sqlalchemy,uvicorn,${driver};print(fastapi.__version__,sqlalchemy.__version__)`;
  for (const program of ['/usr/bin/python3', 'python3']) {
    const { status, stdout } = spawnSync(program, ['-c', versions], { encoding: 'utf8' });
    if (status !== 0) continue;
    const [fastapi, sqlalchemy] = stdout.trim().split(' ');
    const args = ['-m', 'uvicorn', 'fastapi_app:app', '--app-dir', servers, '--port', '$PORT', '--no-access-log'];
    return {
      name: 'fastapi',
      label: `FastAPI ${fastapi}, SQLAlchemy ${sqlalchemy}, ${driver}`,
      program,
      args: [...args, '--log-level', 'warning'],
    };
  }
  return undefined;
}

/** Gives every server a database of its own, made anew. */
export class Databases implements AsyncDisposable {
  readonly #kind: Kind;
  readonly #folder: string;
  readonly #postgres: PostgresServer | undefined;
  #made = 0;

  private constructor(kind: Kind, folder: string, postgres: PostgresServer | undefined) {
    this.#kind = kind;
    this.#folder = folder;
    this.#postgres = postgres;
  }

  static async open(kind: Kind): Promise<Databases> {
    const postgres =
      kind === 'postgres'
        ? await startPostgres(['-c', 'synchronous_commit=off', '-c', 'shared_buffers=256MB'])
        : undefined;
    return new Databases(kind, await mkdtemp(join(tmpdir(), 'cortado-bench-db-')), postgres);
  }

  /** Starts a contender on an empty database. */
  async start({ name, program, args }: Contender): Promise<ServerProcess> {
    const url =
      this.#kind === 'postgres'
        ? await this.#postgres!.newDatabase()
        : `sqlite:${join(this.#folder, `${name}-${++this.#made}.db`)}`;
    return ServerProcess.start({ name, program, args, env: { DATABASE_URL: url }, probe: '/users/1' });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#postgres?.stop();
    await rm(this.#folder, { recursive: true, force: true });
  }
}
