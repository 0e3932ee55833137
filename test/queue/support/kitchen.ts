import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sql } from 'kysely';
import { type Database, database } from '../../../src/db/index.ts';
import { Queue, type QueueOptions } from '../../../src/queue/index.ts';
import { type Program, startNode } from '../../support/program.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const app = fileURLToPath(new URL('../apps/kitchen.ts', import.meta.url));
const cli = fileURLToPath(new URL('../../../src/cli/main.ts', import.meta.url));

/** A database with an app over it, whose tasks this process enqueues and worker processes run. */
export interface Kitchen extends AsyncDisposable {
  readonly url: string;
  readonly db: Database<unknown>;
  readonly queue: Queue;
  /** The file of the app. */
  readonly file: string;
  /** Starts `cortado worker`, and waits until it is ready. */
  readonly startWorker: (env?: Readonly<Record<string, string>>) => Promise<Program>;
  /** Starts another command of `cortado`. */
  readonly cortado: (...args: readonly string[]) => Program;
  /** How many effects each task has had, by its id. */
  readonly effects: () => Promise<Map<string, number[]>>;
}

/** Opens a kitchen over a database; a new SQLite file unless a URL is given. */
export async function openKitchen(url?: string, options: QueueOptions = {}): Promise<Kitchen> {
  const folder = temporaryFolder('kitchen');
  const where = url ?? `sqlite:${join(folder, 'kitchen.db')}`;
  const db = database({ url: where }) as unknown as Database<unknown>;
  await sql`create table if not exists effects (task text not null, attempt integer not null)`.execute(db.kysely);
  const queue = new Queue({ engine: db, queues: { slow: {} }, ...options });
  const programs: Program[] = [];
  const start = (args: readonly string[], env: Readonly<Record<string, string>> = {}): Program => {
    const program = startNode([cli, ...args], {
      env: { DATABASE_URL: where, CORTADO_LOG: 'json', LEASE: '2000', ...env },
    });
    programs.push(program);
    return program;
  };
  return {
    url: where,
    db,
    queue,
    file: app,
    startWorker: async (env = {}) => {
      const program = start(['worker', app, '--deadline', '1000'], env);
      await program.until(/worker ready/);
      return program;
    },
    cortado: (...args) => start(args),
    effects: async () => {
      const { rows } = await sql<{ task: string; attempt: number }>`select task, attempt from effects`.execute(
        db.kysely,
      );
      const effects = new Map<string, number[]>();
      for (const { task, attempt } of rows) effects.set(task, [...(effects.get(task) ?? []), Number(attempt)]);
      return effects;
    },
    async [Symbol.asyncDispose]() {
      for (const program of programs) await program[Symbol.asyncDispose]();
      await queue.close();
      await db.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
