import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sql } from 'kysely';
import { z } from 'zod';
import { type Database, database } from '../../src/db/index.ts';
import { Queue, type Task } from '../../src/queue/index.ts';
import { startPostgres } from '../../test/support/postgres.ts';
import { type Program, startNode } from '../../test/support/program.ts';
import { type RabbitServer, startRabbit } from '../../test/support/rabbitmq-server.ts';
import { type RedisServer, startRedis } from '../../test/support/redis-server.ts';

const app = fileURLToPath(new URL('task-worker.ts', import.meta.url));
const params = { n: z.int(), ms: z.int() };

/** The engines whose tasks outlive a process. */
export const engineNames = ['SQLite', 'PostgreSQL', 'BullMQ', 'Celery on Redis', 'Celery on RabbitMQ'] as const;
export type EngineName = (typeof engineNames)[number];

/** A run that had its effect: of the task with this number, the attempt. */
export interface Effect {
  readonly n: number;
  readonly attempt: number;
}

/** An engine with a server of its own, a queue of this process, and workers in processes of theirs. */
export interface TaskStage extends AsyncDisposable {
  readonly url: string;
  readonly queue: Queue;
  readonly job: Task<typeof params, unknown>;
  /** Whether an effect and the end of its run are one transaction. */
  readonly isAtomic: boolean;
  readonly redis: RedisServer | undefined;
  readonly rabbit: RabbitServer | undefined;
  /** Starts a worker process with a lease of so many milliseconds; resolves once it works. */
  readonly startWorker: (lease?: number) => Promise<Program>;
  readonly effects: () => Promise<readonly Effect[]>;
}

/** Starts what an engine needs. */
export async function openTaskStage(name: EngineName): Promise<TaskStage> {
  await using stack = new AsyncDisposableStack();
  const folder = mkdtempSync(join(tmpdir(), 'cortado-chaos-'));
  stack.defer(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'effects');
  writeFileSync(file, '');
  const { url, redis, rabbit } = await startServers(name, folder, stack);
  const isAtomic = name === 'SQLite' || name === 'PostgreSQL';
  const db = isAtomic ? stack.adopt(database({ url }), (open) => open.close()) : undefined;
  const kysely = (db as unknown as Database<unknown> | undefined)?.kysely;
  if (kysely) await sql`create table effects (n integer not null, attempt integer not null)`.execute(kysely);
  const queue = stack.use(new Queue({ engine: db ?? url }));
  const workers: Program[] = [];
  stack.defer(async () => void (await Promise.all(workers.map((worker) => worker[Symbol.asyncDispose]()))));
  const owned = stack.move();
  return {
    url,
    queue,
    job: queue.remote('effect', { params }),
    isAtomic,
    redis,
    rabbit,
    startWorker: async (lease = 2000) => {
      const worker = startNode([app, url, file], { env: { LEASE: String(lease) } });
      workers.push(worker);
      await worker.until(/working/, 60_000);
      return worker;
    },
    effects: async () => {
      if (kysely) return (await sql<Effect>`select n, attempt from effects`.execute(kysely)).rows;
      const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1);
      return lines.map((line) => {
        const [n, attempt] = line.split(' ').map(Number) as [number, number];
        return { n, attempt };
      });
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

interface Started {
  readonly url: string;
  readonly redis?: RedisServer;
  readonly rabbit?: RabbitServer;
}

async function startServers(name: EngineName, folder: string, stack: AsyncDisposableStack): Promise<Started> {
  if (name === 'SQLite') return { url: `sqlite:${join(folder, 'queue.db')}` };
  if (name === 'PostgreSQL') return { url: await stack.use(await startPostgres()).newDatabase() };
  const redis = stack.use(await startRedis());
  if (name === 'BullMQ') return { url: redis.url, redis };
  if (name === 'Celery on Redis') return { url: `celery+${redis.url}`, redis };
  const rabbit = stack.use(await startRabbit());
  return { url: `celery+${rabbit.url}?backend=${encodeURIComponent(redis.url)}`, redis, rabbit };
}
