import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { sql } from 'kysely';
import { database } from '../../../src/db/index.ts';
import { Queue } from '../../../src/queue/index.ts';
import { freePort } from '../../support/free-port.ts';
import { startPostgres } from '../../support/postgres.ts';
import { startNode } from '../../support/program.ts';
import { rabbitMissing, startRabbit } from '../../support/rabbitmq-server.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const program = `
import { Queue } from 'cortado/queue';
const queue = new Queue({ engine: process.argv[1] });
await queue.open().then(() => console.log('opened'), ({ code }) => console.log('failed: ' + code));
await queue.close();
`;

/** The code of the error with which a queue fails to open, in a process that must then end by itself. */
async function failureOf(url: string): Promise<string> {
  await using running = startNode(['--input-type=module', '-e', program, url]);
  const [, code] = await running.until(/failed: (\S+)|opened/);
  const late = new Promise<'late'>((resolve) => setTimeout(resolve, 10_000, 'late').unref());
  assert.equal(await Promise.race([running.ended, late]), 0, 'the process ends by itself');
  return code!;
}

async function makeLaterTables(url: string): Promise<void> {
  const queue = new Queue({ engine: url });
  await queue.open();
  await queue.close();
  await using db = database({ url });
  await sql`update cortado_queue_schema set version = 99`.execute(db.kysely);
}

test('SQLite: a queue that cannot use the tables leaves no thread behind', async () => {
  const folder = temporaryFolder('open');
  const url = `sqlite:${join(folder, 'tasks.db')}`;
  await makeLaterTables(url);
  assert.equal(await failureOf(url), 'CORTADO_QUEUE_SCHEMA');
  rmSync(folder, { recursive: true });
});

test('PostgreSQL: a queue that cannot use the tables leaves no connection behind', async () => {
  await using server = await startPostgres();
  const url = await server.newDatabase();
  await makeLaterTables(url);
  assert.equal(await failureOf(url), 'CORTADO_QUEUE_SCHEMA');
});

test('Celery: a queue whose results are out of reach leaves no connection to RabbitMQ behind', {
  skip: rabbitMissing(),
}, async () => {
  await using server = await startRabbit();
  const backend = encodeURIComponent(`redis://127.0.0.1:${await freePort()}`);
  assert.equal(await failureOf(`celery+${server.url}?backend=${backend}`), 'CORTADO_QUEUE_UNREACHABLE');
});
