import assert from 'node:assert/strict';
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { DatabaseSync } from 'node:sqlite';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { sql } from 'kysely';
import { database } from '../../src/db/index.ts';
import { coded } from '../support/coded.ts';
import { temporaryFile } from './support/backends.ts';
import type { Turn } from './support/open-in-turn.ts';

const program = fileURLToPath(new URL('./support/open-in-turn.ts', import.meta.url));
const processes: readonly ChildProcess[] = Array.from({ length: 8 }, () =>
  fork(program, { execArgv: ['--conditions=cortado-source'] }),
);
after(() => {
  for (const child of processes) child.kill('SIGKILL');
});
await Promise.all(processes.map((child) => once(child, 'message')));

async function openAtOnce(paths: readonly string[], how: Turn['how']): Promise<string[]> {
  const failures = processes.map((child) => once(child, 'message') as Promise<[readonly string[], unknown]>);
  for (const child of processes) child.send({ paths, at: Date.now() + 300, how } satisfies Turn);
  return (await Promise.all(failures)).flatMap(([found]) => found);
}

test('eight processes open a new SQLite file at once: each of 1,200 starts switches to the log or waits', async () => {
  const paths = await Promise.all(Array.from({ length: 150 }, temporaryFile));
  assert.deepEqual(await openAtOnce(paths, 'file'), []);
});

test('eight processes that use a new SQLite file at once have its tables, and lose no row', async () => {
  const paths = await Promise.all(Array.from({ length: 3 }, temporaryFile));
  assert.deepEqual(await openAtOnce(paths, 'whole'), []);
  for (const path of paths) {
    const file = new DatabaseSync(path, { timeout: 5000 });
    assert.equal(file.prepare('select count(*) as n from rows').get()!['n'], 8);
    file.close();
  }
});

const locks: readonly [string, string][] = [
  ['reads', 'begin; select count(*) from held'],
  ['writes', 'begin immediate; insert into held values (1)'],
  ['has it for itself', 'begin exclusive'],
];
for (const [what, lock] of locks)
  test(`a database file that was never opened so is switched to the log while another ${what}`, async () => {
    const path = await temporaryFile();
    using other = new DatabaseSync(path);
    other.exec('create table held (n integer)');
    other.exec(lock);
    await using db = database({ url: `sqlite:${path}` });
    const opened = db.open();
    setTimeout(() => other.exec('commit'), 400);
    await opened;
    assert.deepEqual(
      (await sql`pragma journal_mode`.execute(db.kysely)).rows.map((row) => ({ ...(row as object) })),
      [{ journal_mode: 'wal' }],
    );
  });

test('one that stays locked past its busyTimeout says so', async () => {
  const path = await temporaryFile();
  using other = new DatabaseSync(path);
  other.exec('create table held (n integer); begin; select count(*) from held');
  await using db = database({ url: `sqlite:${path}`, busyTimeout: 200 });
  await assert.rejects(db.open(), coded('CORTADO_DB_UNREACHABLE', 'locked'));
});
