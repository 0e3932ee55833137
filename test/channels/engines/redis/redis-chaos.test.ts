import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { type PostgresServer, startPostgres } from '../../../support/postgres.ts';
import { type RedisServer, redisMissing, startRedis } from '../../../support/redis-server.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';
import { runChaos } from '../../chaos-run.ts';

const isLong = process.env['CORTADO_LONG'] === '1';
const ms = isLong ? 120_000 : 4_000;
// The short run has the one with all of it.
const longTest = isLong ? test : () => {};

describe('on Redis every subscriber sees every committed event once, in one order, whoever is killed', {
  skip: redisMissing(),
}, () => {
  const folder = temporaryFolder('chaos');
  let postgres: PostgresServer;
  let redis: RedisServer;
  before(async () => {
    postgres = await startPostgres();
    redis = await startRedis({ durable: 'always' });
  });
  after(async () => {
    await postgres.stop();
    await redis[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
  });

  longTest('by an outbox in PostgreSQL', async (context: TestContext) => {
    await runChaos(context, { url: await postgres.newDatabase(), engine: redis.url, folder, ms });
  });

  longTest('by an outbox in SQLite', async (context: TestContext) => {
    await runChaos(context, {
      url: `sqlite:${join(folder, 'app.db')}`,
      engine: `${redis.url.slice(0, -1)}1`,
      folder,
      ms,
    });
  });

  test('by an outbox in PostgreSQL, and Redis is killed and started again', async (context) => {
    await runChaos(context, {
      url: await postgres.newDatabase(),
      engine: `${redis.url.slice(0, -1)}2`,
      folder,
      ms,
      disturb: async () => {
        for (let round = 0; round < (isLong ? 10 : 2); round++) {
          await pause(ms / (isLong ? 12 : 4));
          await redis.restart('SIGKILL');
        }
      },
    });
  });
});
