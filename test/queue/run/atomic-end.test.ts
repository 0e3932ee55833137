import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { dependency } from 'cortado';
import { type Database, database } from 'cortado/db';
import { Queue } from 'cortado/queue';
import { sql } from 'kysely';
import { z } from 'zod';
import { type PostgresServer, startPostgres } from '../../support/postgres.ts';
import { startNode } from '../../support/program.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { until } from '../../support/until.ts';

const app = fileURLToPath(new URL('../apps/committed.ts', import.meta.url));
const folder = temporaryFolder('atomic');
let postgres: PostgresServer;
before(async () => {
  postgres = await startPostgres();
});
after(async () => {
  await postgres.stop();
  rmSync(folder, { recursive: true, force: true });
});

interface Bar extends AsyncDisposable {
  readonly db: Database<unknown>;
  readonly url: string;
  readonly queue: Queue;
  readonly effects: () => Promise<number>;
}

let bars = 0;

async function openBar(kind: string): Promise<Bar> {
  const url = kind === 'SQLite' ? `sqlite:${join(folder, `${++bars}.db`)}` : await postgres.newDatabase();
  const db = database({ url }) as unknown as Database<unknown>;
  await sql`create table effects (task text not null)`.execute(db.kysely);
  const queue = new Queue({ engine: db });
  return {
    db,
    url,
    queue,
    effects: async () =>
      Number((await sql<{ n: number }>`select count(*) as n from effects`.execute(db.kysely)).rows[0]!.n),
    async [Symbol.asyncDispose]() {
      await queue.close();
      await db.close();
    },
  };
}

for (const kind of ['SQLite', 'PostgreSQL']) {
  test(`${kind}: a task whose worker is killed right after the commit is over, and has its effect once`, async () => {
    await using bar = await openBar(kind);
    const effect = bar.queue.remote('effect');
    const handle = await effect.enqueue();
    {
      await using victim = startNode([app, bar.url], { env: { KILL: '1' } });
      assert.equal(await victim.ended, 'SIGKILL');
    }
    assert.equal(await handle.status(), 'succeeded');
    await using _ = startNode([app, bar.url]);
    assert.equal(await (await effect.enqueue()).result({ timeout: 60_000 }), 'done');
    assert.equal(await bar.effects(), 2);
    const { attempt, result } = await handle.record();
    assert.deepEqual([attempt, result], [1, '"done"']);
  });

  test(`${kind}: a run whose task was given to another worker commits nothing`, async () => {
    await using bar = await openBar(kind);
    const { db, queue } = bar;
    const order: string[] = [];
    const stale = queue.task('stale', { params: { session: db.session } }, async ({ session }, { id }) => {
      order.push('run');
      // As maintenance does for a worker that was taken for lost: the claim's token is not the last any more.
      if (order.length === 1)
        await sql`update cortado_tasks set token = token + 1, state = 'queued', attempt = 0 where id = ${id}`.execute(
          db.kysely,
        );
      await sql`insert into effects (task) values (${id})`.execute(session);
      session.afterCommit(() => order.push('committed'));
      return order.length;
    });
    const handle = await stale.enqueue();
    await queue.work();
    assert.equal(await handle.result({ timeout: 60_000 }), 2);
    assert.equal(await bar.effects(), 1);
    await until('3 of them are there', () => assert.equal(order.length, 3));
    assert.deepEqual(order, ['run', 'run', 'committed']);
  });

  test(`${kind}: what waits for it starts, what it reported is kept, and its session is seen`, async () => {
    await using bar = await openBar(kind);
    const { db, queue } = bar;
    const { chain } = await import('cortado/queue');
    const first = queue.task(
      'first',
      { params: { session: db.session } },
      async ({ session }, { id, log, progress }) => {
        await sql`insert into effects (task) values (${id})`.execute(session);
        log.info('poured');
        progress(1, 2);
        return 20;
      },
    );
    const second = queue.task('second', { params: { n: z.int() } }, ({ n }) => n + 1);
    await queue.work();
    const handle = await chain(first.with({}), second.with({}, { into: 'n' })).enqueue();
    assert.equal(await handle.result({ timeout: 60_000 }), 21);
    const page = await queue.list({ name: 'first' }, 1, undefined);
    const { id, progress } = page.tasks[0]!;
    assert.deepEqual(progress, { done: 1, total: 2 });
    await until('its log line is stored', async () => assert.equal((await queue.handle(id).logs(0, 10)).length, 1));
    assert.equal(await bar.effects(), 1);
  });

  test(`${kind}: what fails to close before the commit rolls it back, and what fails after it is logged`, async () => {
    await using bar = await openBar(kind);
    const { db } = bar;
    const errors: unknown[] = [];
    const log = { debug() {}, info() {}, warn() {}, error: (fields: unknown) => void errors.push(fields) };
    await using queue = new Queue({ engine: db, log });
    const failing = (name: string) =>
      dependency(
        async function* () {
          yield name;
          throw new Error(`${name} fails to close`);
        },
        { name },
      );
    const insert = async (session: Parameters<ReturnType<typeof sql>['execute']>[0], id: string): Promise<string> => {
      await sql`insert into effects (task) values (${id})`.execute(session);
      return 'done';
    };
    const above = queue.task(
      'above',
      { params: { session: db.session, late: failing('late') } },
      ({ session }, { id }) => insert(session, id),
    );
    const below = queue.task(
      'below',
      { params: { early: failing('early'), session: db.session } },
      ({ session }, { id }) => insert(session, id),
    );
    await queue.work();
    const failed = await above.enqueue();
    await until('its task is failed', async () => assert.equal(await failed.status(), 'failed'));
    assert.equal(await bar.effects(), 0);
    const done = await below.enqueue();
    assert.equal(await done.result({ timeout: 60_000 }), 'done');
    assert.equal(await bar.effects(), 1);
    await until('what fails to close is logged', () =>
      assert.ok(errors.some((fields) => (fields as { err?: Error }).err?.message.includes('early fails to close'))),
    );
  });
}
