// Writes docs/engines.md: what each engine promises, and how long a killed worker's task takes to run again, measured now.
import { mkdtempSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import type { Capabilities } from '../src/queue/contract/capabilities.ts';
import { Queue } from '../src/queue/queue.ts';
import { startNode } from '../test/support/program.ts';
import { startRabbit } from '../test/support/rabbitmq-server.ts';
import { startRedis } from '../test/support/redis-server.ts';

const words: Partial<Record<keyof Capabilities, string>> = {
  durable: 'accepted tasks outlive the process',
  shared: 'workers in other processes',
  work: 'workers in TypeScript',
  transactional: 'joins a transaction by itself (all others: with `outbox`)',
  atomicEnd: 'the end of a run and what its session wrote are one transaction',
  priority: 'priorities',
  delay: 'delay',
  expires: 'expiry',
  unique: 'unique keys',
  idempotent: 'an id is accepted once',
  results: 'state, result and error by id',
  knowsIds: 'tells an unknown id from one that waits',
  cancel: 'cancel of a task that waits',
  cancelRunning: 'cancel of a task that runs',
  fencing: 'a late worker cannot report',
  recovery: 'tasks of lost workers run again',
  progress: 'progress',
  logs: 'log lines',
  list: 'lists',
  counts: 'counts',
  retry: 'retry of what failed',
  prune: 'pruning by age',
  schedules: 'schedules',
  flows: 'chains and groups',
  queueConcurrency: 'concurrency per queue, over all workers',
  queueRate: 'rate per queue, over all workers',
};

const notes = { sender: 'for the process that sent it', asked: 'until workers restart' } as const;

const folder = mkdtempSync(join(tmpdir(), 'cortado-engines-'));
await using redis = await startRedis();
await using rabbit = await startRabbit();
const urls: Record<string, string> = {
  memory: 'memory:',
  SQLite: `sqlite:${join(folder, 'tasks.db')}`,
  BullMQ: redis.url,
  'Celery, Redis': `celery+${redis.url}`,
  'Celery, RabbitMQ': `celery+${rabbit.url}?maxPriority=10&backend=${encodeURIComponent(redis.url.replace(/0$/, '1'))}`,
  'Celery, RabbitMQ alone': `celery+${rabbit.url}?maxPriority=10&backend=rpc://`,
};

const columns: { name: string; capabilities: Capabilities; recovery: string }[] = [];
for (const [name, url] of Object.entries(urls)) {
  const queue = new Queue({ engine: url });
  const { capabilities } = await queue.open();
  columns.push({
    name,
    capabilities,
    recovery: capabilities.shared && capabilities.work ? `${await recovery(queue, url)} ms` : '–',
  });
  await queue.close();
}
const cell = (value: Capabilities[keyof Capabilities]): string =>
  typeof value === 'object'
    ? `${value.min} … ${value.max}`
    : value === true
      ? 'yes'
      : value === false
        ? 'no'
        : notes[value];
const rows = Object.entries(words).map(([flag, text]) => [
  text,
  ...columns.map(({ capabilities }) => cell(capabilities[flag as keyof Capabilities])),
]);
const table = [
  ['', ...columns.map(({ name }) => name)],
  ['---', ...columns.map(() => '---')],
  ...rows,
  ['**kill -9 to running again, lease of 2 s**', ...columns.map(({ recovery: time }) => time)],
];
const text = `# What each engine promises

Written by \`node scripts/write-engine-docs.ts\`: the flags that an engine declares, which [one suite](../test/queue/engines/conformance/engine-suite.ts) holds it to, and the time
from \`kill -9\` of a worker to the second start of its task on another one, with a lease of 2 seconds (the default is 30). PostgreSQL is as SQLite.

${table.map((row) => `| ${row.join(' | ')} |`).join('\n')}
`;
writeFileSync(new URL('../docs/engines.md', import.meta.url), text);
await rm(folder, { recursive: true, force: true });

async function recovery(queue: Queue, url: string): Promise<number> {
  const slow = queue.task('slow', { params: { n: z.int() } }, async () => 0);
  const program = join(import.meta.dirname, '../test/queue/engines/celery/crash-worker.ts');
  const effects = join(folder, `${columns.length}.effects`);
  writeFileSync(effects, '');
  await using victim = startNode([program, url, effects], { env: { SLOW: '60000' } });
  await victim.until(/working/);
  const handle = await slow.enqueue({ n: 1 });
  while ((await handle.status()) !== 'running') await new Promise((resolve) => setTimeout(resolve, 20));
  await using second = startNode([program, url, effects], { env: { SLOW: '1' } });
  await second.until(/working/);
  const killedAt = Date.now();
  victim.child.kill('SIGKILL');
  await handle.result({ timeout: 60_000 });
  return Date.now() - killedAt;
}
