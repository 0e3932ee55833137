import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findCommand } from '../../test/support/debian.ts';
import { startPostgres } from '../../test/support/postgres.ts';
import { type Program, startProgram } from '../../test/support/program.ts';
import { redisMissing, startRedis } from '../../test/support/redis-server.ts';
import { peerVersion } from '../harness/peers.ts';
import { run } from '../harness/run.ts';
import type { Found } from './found.ts';

export type Scenario = 'enqueue' | 'end-to-end' | 'drain' | 'start';

/** A queue to be measured. */
export interface Contender {
  readonly name: string;
  readonly label: string;
  readonly measure: (scenario: Scenario, count: number) => Promise<Found>;
  /** How many tasks its `enqueue` and `end-to-end` take. */
  readonly count: number;
  /** What is measured of it. Default: all. */
  readonly scenarios?: readonly Scenario[];
}

const python = '/usr/bin/python3';

async function inNode(kind: string, scenario: Scenario, count: number, url: string): Promise<Found> {
  const args = [join(import.meta.dirname, 'contender.ts'), kind, scenario, String(count), url];
  return JSON.parse((await run({ program: process.execPath, args })).trim().split('\n').at(-1)!) as Found;
}

async function onSqlite(scenario: Scenario, count: number): Promise<Found> {
  const folder = mkdtempSync(join(tmpdir(), 'cortado-bench-'));
  try {
    return await inNode('cortado', scenario, count, `sqlite:${join(folder, 'tasks.db')}`);
  } finally {
    await rm(folder, { recursive: true });
  }
}

function onPostgres(kind: string) {
  return async (scenario: Scenario, count: number): Promise<Found> => {
    await using server = await startPostgres(['-c', 'synchronous_commit=off']);
    return await inNode(kind, scenario, count, await server.newDatabase());
  };
}

function onRedis(kind: string, scheme: string) {
  return async (scenario: Scenario, count: number): Promise<Found> => {
    await using redis = await startRedis();
    return await inNode(kind, scenario, count, redis.url.replace('redis:', scheme));
  };
}

async function onCelery(scenario: Scenario, count: number): Promise<Found> {
  await using redis = await startRedis();
  const env = { CELERY_URL: redis.url };
  const args = [
    '-m',
    'celery',
    '-A',
    'celery_app',
    'worker',
    '-c',
    '2',
    '-l',
    'INFO',
    '--without-gossip',
    '--without-mingle',
  ];
  let worker: Program | undefined;
  try {
    if (scenario !== 'enqueue') {
      worker = startProgram(python, args, { cwd: import.meta.dirname, env });
      await worker.until(/ready\./);
    }
    const client = startProgram(python, ['celery_app.py', scenario, String(count)], { cwd: import.meta.dirname, env });
    const end = await client.ended;
    if (end !== 0) throw new Error(client.output());
    return JSON.parse(client.output().trim().split('\n').at(-1)!) as Found;
  } finally {
    worker?.child.kill('SIGTERM');
    await worker?.ended;
  }
}

/** What is there to measure on this machine. */
export async function contenders(): Promise<Contender[]> {
  const found: Contender[] = [
    { name: 'sqlite', label: 'Cortado, SQLite (embedded)', measure: onSqlite, count: 30_000 },
    {
      name: 'memory',
      label: 'Cortado, memory',
      measure: (scenario, count) => inNode('cortado', scenario, count, 'memory:'),
      count: 30_000,
    },
    { name: 'postgres', label: 'Cortado, PostgreSQL', measure: onPostgres('cortado'), count: 20_000 },
    {
      name: 'graphile-worker',
      label: `graphile-worker ${peerVersion('graphile-worker')}`,
      measure: onPostgres('graphile-worker'),
      count: 10_000,
      scenarios: ['end-to-end', 'enqueue', 'drain'],
    },
    {
      name: 'pg-boss',
      label: `pg-boss ${peerVersion('pg-boss')}`,
      measure: onPostgres('pg-boss'),
      count: 10_000,
      scenarios: ['end-to-end', 'enqueue', 'drain'],
    },
  ];
  if (redisMissing() === undefined) {
    found.push({
      name: 'cortado-bullmq',
      label: 'Cortado, BullMQ engine',
      measure: onRedis('cortado', 'redis:'),
      count: 20_000,
    });
    found.push({ name: 'bullmq', label: 'BullMQ alone', measure: onRedis('bullmq', 'redis:'), count: 20_000 });
    found.push({
      name: 'cortado-celery',
      label: 'Cortado, Celery engine',
      measure: onRedis('cortado', 'celery+redis:'),
      count: 10_000,
    });
    if (findCommand('python3') !== undefined && (await hasCelery()))
      found.push({
        name: 'celery',
        label: 'Celery (Python)',
        measure: onCelery,
        count: 4000,
        scenarios: ['end-to-end', 'enqueue', 'start'],
      });
  }
  return found;
}

async function hasCelery(): Promise<boolean> {
  return run({ program: python, args: ['-c', 'import celery, redis'] }).then(
    () => true,
    () => false,
  );
}
