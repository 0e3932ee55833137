import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import type { Claim } from '../../../src/queue/contract/engine.ts';
import { Queue } from '../../../src/queue/index.ts';
import { Company } from '../../../src/queue/run/company.ts';
import { type PostgresServer, startPostgres } from '../../support/postgres.ts';
import { startNode } from '../../support/program.ts';
import { type RedisServer, redisMissing, startRedis } from '../../support/redis-server.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { until } from '../../support/until.ts';

const app = fileURLToPath(new URL('../apps/poisoned.ts', import.meta.url));
const skip = redisMissing() ?? false;
const folder = temporaryFolder('poison');
let postgres: PostgresServer;
let redis: RedisServer | undefined;
before(async () => {
  postgres = await startPostgres();
  if (skip === false) redis = await startRedis();
});
after(async () => {
  await postgres.stop();
  await redis?.[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

const engines: readonly [string, () => Promise<string> | string, string | false][] = [
  ['SQLite', () => `sqlite:${join(folder, 'queue.db')}`, false],
  ['PostgreSQL', () => postgres.newDatabase(), false],
  ['BullMQ', () => redis!.url, skip],
  ['Celery over Redis', () => `celery+${redis!.url.replace(/0$/, '1')}`, skip],
];

describe('one task of 100 that takes its worker down', { concurrency: 4 }, () => {
  for (const [name, urlOf, why] of engines)
    test(`fails alone, on ${name}`, { skip: why, timeout: 600_000 }, async () => {
      const url = await urlOf();
      await using queue = new Queue({ engine: url });
      const job = queue.remote('job', { params: { n: z.int(), poison: z.boolean() } });
      const handles = await Promise.all(Array.from({ length: 100 }, (_, n) => job.enqueue({ n, poison: n === 5 })));
      // Each that is lost has another in its place.
      for (let loss = 0; loss < 3; loss++) {
        await using worker = startNode([app, url]);
        await until('it is lost', () => assert.equal(worker.child.signalCode, 'SIGKILL'), 120_000);
      }
      await using _last = startNode([app, url]);
      const expected = handles.map((_, n) => (n === 5 ? 'failed' : 'succeeded'));
      const states = (): Promise<string[]> => Promise.all(handles.map((handle) => handle.status()));
      await until('all are over', async () => assert.deepEqual(await states(), expected), 180_000);
      const { error, crashes } = await handles[5]!.record();
      assert.deepEqual([error?.code, crashes], ['CORTADO_TASK_CRASHED', 3]);
    });
});

const claimsOf = (...crashes: number[]): Claim[] =>
  crashes.map((count, id) => ({ id: String(id), crashes: count }) as Claim);

const admissions: readonly [string, number, number, number[], number[], number, boolean][] = [
  ['all that was never lost', 10, 0, [0, 0, 0], [0, 0, 0], 10, false],
  ['half of the company for those that were lost once', 10, 0, Array(10).fill(1), Array(5).fill(1), 5, false],
  ['none of those that must be alone, of what was claimed with others', 10, 0, [2, 2], [], 1, true],
  ['those beside it, and not it, where others were claimed with it', 10, 0, [0, 0, 2, 0], [0, 0, 0], 1, true],
  ['none that must be alone while others run', 10, 3, [2, 0], [0], 1, true],
  ['one by one with a single place', 1, 0, [2], [2], 1, false],
];
for (const [what, concurrency, running, crashes, started, next, exact] of admissions)
  test(`a worker starts ${what}`, () => {
    const company = new Company(concurrency, 3);
    const { start, giveBack } = company.admit(claimsOf(...crashes), running);
    assert.deepEqual(
      start.map((claim) => claim.crashes),
      started,
    );
    assert.equal(start.length + giveBack.length, crashes.length);
    assert.deepEqual([company.free(0), company.isExact], [next, exact]);
    for (const claim of start) company.started(claim);
    for (const claim of start) company.ended(claim);
    company.admit([], 0);
    assert.deepEqual([company.free(0), company.isExact], [concurrency, false]);
  });

test('a worker starts a task alone once it has asked for one alone', () => {
  const company = new Company(10, 3);
  company.admit(claimsOf(2), 0);
  const [claim] = claimsOf(2);
  assert.deepEqual(company.admit([claim!], 0), { start: [claim], giveBack: [] });
  company.started(claim!);
  assert.equal(company.free(1), 0);
  company.ended(claim!);
  assert.equal(company.free(0), 10);
});

test('with a single allowed loss, what was lost is never claimed again, and nothing else is held back', () => {
  assert.equal(new Company(10, 1).free(0), 10);
});
