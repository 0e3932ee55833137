import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { type PostgresServer, startPostgres } from '../support/postgres.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { runChaos } from './chaos-run.ts';

const isLong = process.env['CORTADO_LONG'] === '1';
const ms = isLong ? 120_000 : 4_000;
// The short run has the one that stops PostgreSQL as well.
const longTest = isLong ? test : () => {};
const folder = temporaryFolder('chaos');
let server: PostgresServer;

before(async () => {
  server = await startPostgres();
});
after(async () => {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

test('on SQLite every subscriber sees every committed event once, in one order, whoever is killed', async (context) => {
  await runChaos(context, { url: `sqlite:${join(folder, 'app.db')}`, folder, ms });
});

longTest('on PostgreSQL they do, too', async (context: TestContext) => {
  await runChaos(context, { url: await server.newDatabase(), folder, ms });
});

test('by an outbox they do, too', async (context) => {
  const engine = `sqlite:${join(folder, 'events.db')}`;
  await runChaos(context, { url: await server.newDatabase(), engine, folder, ms });
});

test('and while PostgreSQL is stopped and started again', async (context) => {
  await runChaos(context, {
    url: await server.newDatabase(),
    folder,
    ms,
    disturb: async () => {
      for (let round = 0; round < (isLong ? 10 : 2); round++) {
        await pause(ms / (isLong ? 12 : 4));
        await server.halt('SIGINT');
        await server.start();
      }
    },
  });
});
