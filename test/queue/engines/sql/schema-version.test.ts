import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { sql } from 'kysely';
import { database } from '../../../../src/db/index.ts';
import type { SchemaStep } from '../../../../src/db/store/schema-version.ts';
import { SqlStore } from '../../../../src/db/store/sql-store.ts';
import { makeTables, schemaSteps } from '../../../../src/queue/engines/sql/store/schema.ts';
import { integers } from '../../../../src/queue/engines/sql/store/tables.ts';
import { Queue } from '../../../../src/queue/index.ts';
import { type PostgresServer, startPostgres } from '../../../support/postgres.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

let server: PostgresServer;
const folder = temporaryFolder('schema');
let files = 0;
before(async () => {
  server = await startPostgres();
});
after(async () => {
  await server.stop();
  rmSync(folder, { recursive: true });
});

const kinds: readonly [string, () => Promise<string>][] = [
  ['SQLite', async () => `sqlite:${join(folder, `${++files}.db`)}`],
  ['PostgreSQL', () => server.newDatabase()],
];
const addColour: SchemaStep = () => ['alter table cortado_tasks add column colour text'];

for (const [name, newUrl] of kinds) {
  test(`${name}: tables get the version of the program, and keep it`, async () => {
    const url = await newUrl();
    for (let start = 0; start < 2; start++) await (await opened(url)).close();
    await using db = database({ url });
    assert.deepEqual(await versionsIn(db), [schemaSteps.length]);
  });

  test(`${name}: tables from before versions get one, and their tasks stay`, async () => {
    const url = await newUrl();
    const queue = await opened(url);
    const task = queue.task('work', () => 1);
    const { id } = await task.enqueue();
    await queue.close();
    {
      await using db = database({ url });
      await sql`drop table cortado_queue_schema`.execute(db.kysely);
    }
    const again = await opened(url);
    assert.equal((await (await again.open()).get(id))?.state, 'queued');
    await again.close();
    await using db = database({ url });
    assert.deepEqual(await versionsIn(db), [schemaSteps.length]);
  });

  test(`${name}: tables of a later version are left alone, and the error says what to do`, async () => {
    const url = await newUrl();
    await (await opened(url)).close();
    await using db = database({ url });
    await sql`update cortado_queue_schema set version = 99`.execute(db.kysely);
    await assert.rejects(opened(url), {
      code: 'CORTADO_QUEUE_SCHEMA',
      message: new RegExp(`version 99, .* up to version ${schemaSteps.length}\\. Update it here`),
    });
    assert.deepEqual(await versionsIn(db), [99]);
  });

  test(`${name}: programs that start at once take a step once, and tasks stay`, async () => {
    const url = await newUrl();
    const queue = await opened(url);
    const { id } = await queue.task('work', () => 1).enqueue();
    await queue.close();
    const databases = Array.from({ length: 4 }, () => database({ url }));
    await Promise.all(databases.map((db) => makeTables(storeOf(db), [...schemaSteps, addColour])));
    const [db] = databases;
    assert.deepEqual(await versionsIn(db!), [schemaSteps.length + 1]);
    const { rows } = await sql<{ id: string; colour: null }>`select id, colour from cortado_tasks`.execute(db!.kysely);
    assert.deepEqual(
      rows.map((row) => ({ ...row })),
      [{ id, colour: null }],
    );
    await Promise.all(databases.map((one) => one.close()));
  });

  test(`${name}: a step that fails changes nothing`, async () => {
    const url = await newUrl();
    await (await opened(url)).close();
    await using db = database({ url });
    const fails: SchemaStep = () => [...addColour(storeOf(db).dialect), 'alter table nowhere add column x text'];
    await assert.rejects(makeTables(storeOf(db), [...schemaSteps, fails]), /nowhere/);
    assert.deepEqual(await versionsIn(db), [schemaSteps.length]);
    await assert.rejects(sql`select colour from cortado_tasks`.execute(db.kysely), /colour/);
  });
}

type Opened = ReturnType<typeof database>;

async function opened(url: string): Promise<Queue> {
  const queue = new Queue({ engine: url });
  try {
    await queue.open();
    return queue;
  } catch (error) {
    await queue.close();
    throw error;
  }
}

function storeOf(db: Opened): SqlStore {
  return new SqlStore(db as never, integers);
}

async function versionsIn(db: Opened): Promise<number[]> {
  const { rows } = await sql<{ version: number }>`select version from cortado_queue_schema`.execute(db.kysely);
  return rows.map(({ version }) => version);
}
