import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import type { TaskRecord } from '../../src/queue/index.ts';
import { type Kitchen, openKitchen } from '../queue/support/kitchen.ts';
import { type PostgresServer, startPostgres } from '../support/postgres.ts';
import { chance } from '../support/random.ts';
import { until } from '../support/until.ts';

// Real processes: what they are killed with cannot be caught, and nobody tells the others.

let server: PostgresServer;
before(async () => {
  server = await startPostgres();
});
after(() => server.stop());

function remotes({ queue }: Kitchen) {
  return {
    brew: queue.remote('brew', { params: { ms: z.int() } }),
    block: queue.remote('block', { params: { ms: z.int() } }),
    watch: queue.remote('watch', { params: { ms: z.int() }, queue: 'slow' }),
    poison: queue.remote('poison'),
  };
}

const databases: readonly [string, () => Promise<string | undefined>][] = [
  ['SQLite', async () => undefined],
  ['PostgreSQL', () => server.newDatabase()],
];
for (const [name, url] of databases)
  test(`loses none of 1,000 tasks and stores each end once while workers are killed at random, on ${name}`, async (context) => {
    const random = chance(context);
    await using kitchen = await openKitchen(await url());
    const { brew } = remotes(kitchen);
    const handles = await brew.enqueueAll(Array.from({ length: 1000 }, (_, n) => ({ ms: n % 30 })));
    let workers = await Promise.all([kitchen.startWorker(), kitchen.startWorker()]);
    const records = new Map<string, TaskRecord>();
    for (let kills = 0; kills < 6; kills++) {
      await pause(80 + random.below(250));
      const [victim, survivor] = random.below(2) === 0 ? workers : workers.toReversed();
      victim!.child.kill('SIGKILL');
      workers = [await kitchen.startWorker(), survivor!];
    }
    const countAll = async (): Promise<void> =>
      assert.equal((await kitchen.queue.counts())['default']?.succeeded, 1000);
    await until('all tasks have succeeded', countAll, 60_000);
    for (const { id } of handles) records.set(id, await kitchen.queue.handle(id).record());
    const effects = await kitchen.effects();
    assert.equal(records.size, 1000);
    let again = 0;
    for (const [id, task] of records) {
      const attempts = effects.get(id) ?? [];
      // The effect and the end of a run are one transaction, so no run that was killed has had one.
      assert.deepEqual(attempts, [task.attempt], id);
      assert.equal(JSON.parse(task.result!), task.attempt);
      assert.equal(task.crashes, task.attempt - 1);
      if (task.attempt > 1) again++;
    }
    assert.ok(again > 0, 'no task was hit by a kill');
  });

test('a worker starts a task of another process without waiting for its next look', async () => {
  await using kitchen = await openKitchen();
  const { brew } = remotes(kitchen);
  await kitchen.startWorker();
  const waits: number[] = [];
  for (let count = 0; count < 30; count++) {
    const enqueuedAt = Date.now();
    const handle = await brew.enqueue({ ms: 0 });
    await handle.result({ timeout: 60_000 });
    waits.push((await handle.record()).startedAt! - enqueuedAt);
  }
  // What only looks from time to time takes half a second in the middle.
  const median = waits.sort((a, b) => a - b)[15]!;
  assert.ok(median <= 250, `median ${median} ms`);
});

// Most of them wait for most of their time, so they wait together.
describe('worker processes', { concurrency: 4 }, () => {
  test('takes the result of the new worker, and refuses that of one that was stopped for longer than its lease', async () => {
    await using kitchen = await openKitchen();
    const { watch } = remotes(kitchen);
    const stopped = await kitchen.startWorker();
    const handle = await watch.enqueue({ ms: 1500 });
    await stopped.until(/watching 1/);
    stopped.child.kill('SIGSTOP');
    const other = await kitchen.startWorker();
    await other.until(/watching 2/);
    assert.equal(await handle.result({ timeout: 60_000 }), 'run 2');
    stopped.child.kill('SIGCONT');
    await stopped.until(/signal fired: CORTADO_TASK_LOST/);
    await pause(300);
    const record = await handle.record();
    assert.deepEqual([record.result, record.attempt, record.crashes], ['"run 2"', 2, 1]);
  });

  test('does not take a worker whose loop is held up for one that is lost', async () => {
    await using kitchen = await openKitchen();
    const { block } = remotes(kitchen);
    const blocked = await kitchen.startWorker({ LEASE: '1000' });
    const handle = await block.enqueue({ ms: 4000 });
    await blocked.until(/blocking/);
    await kitchen.startWorker({ LEASE: '1000' });
    assert.equal(await handle.result({ timeout: 60_000 }), 1);
    assert.equal((await handle.record()).crashes, 0);
    await blocked.until(/the loop was held up for \d+ s while tasks ran/);
  });

  test('runs the tasks of a worker again that was killed on another machine, when its lease is over', async () => {
    await using kitchen = await openKitchen();
    const { watch } = remotes(kitchen);
    const victim = await kitchen.startWorker({ LEASE: '1000' });
    const handle = await watch.enqueue({ ms: 300 });
    await victim.until(/watching 1/);
    // As if its process could not be asked about: it belongs to another host.
    await kitchen.db.kysely
      .updateTable('cortado_workers' as never)
      .set({ host: 'elsewhere' } as never)
      .execute();
    victim.child.kill('SIGKILL');
    const killedAt = Date.now();
    await kitchen.startWorker({ LEASE: '1000' });
    assert.equal(await handle.result({ timeout: 60_000 }), 'run 2');
    assert.ok(Date.now() - killedAt >= 1000);
  });

  const deaths: readonly [string, string, string, number[]][] = [
    ['right after it took the task', 'after-claim', 'brew', [2]],
    ['with the result in hand, before it is stored', 'before-finish', 'stir', [1, 2]],
    ['right after the result was stored', 'after-finish', 'stir', [1]],
  ];
  for (const [what, at, name, effects] of deaths)
    test(`gets a task done whose worker was killed ${what}`, async () => {
      await using kitchen = await openKitchen();
      const handle = await kitchen.queue.remote(name, { params: { ms: z.int() } }).enqueue({ ms: 20 });
      const victim = await kitchen.startWorker({ KILL_AT: at });
      assert.equal(await victim.ended, 'SIGKILL');
      await kitchen.startWorker();
      const attempt = await handle.result({ timeout: 60_000 });
      assert.equal(attempt, effects.at(-1));
      assert.deepEqual((await kitchen.effects()).get(handle.id), effects);
    });

  test('puts a task aside that takes its workers down, with the reason', async () => {
    await using kitchen = await openKitchen(undefined, { maxCrashes: 3 });
    const { poison } = remotes(kitchen);
    const handle = await poison.enqueue();
    for (let round = 0; round < 3; round++) {
      const victim = await kitchen.startWorker({ MAX_CRASHES: '3' });
      assert.equal(await victim.ended, 'SIGKILL');
    }
    await kitchen.startWorker({ MAX_CRASHES: '3' });
    await until('it is put aside', async () => assert.equal(await handle.status(), 'failed'), 40_000);
    const { error, crashes } = await handle.record();
    assert.equal(crashes, 3);
    assert.equal(error!.code, 'CORTADO_TASK_CRASHED');
    assert.match(error!.message, /3 workers were lost while they ran it; the last one was .+:\d+:/);
  });

  test('cancels what waits, what is scheduled and what runs, from another process and over a restart of the worker', async () => {
    await using kitchen = await openKitchen();
    const { watch } = remotes(kitchen);
    const waiting = await watch.enqueue({ ms: 60_000 });
    const scheduled = await watch.enqueue({ ms: 60_000 }, { delay: 500 });
    assert.equal(await waiting.cancel(), 'cancelled');
    assert.equal(await scheduled.cancel(), 'cancelled');
    const worker = await kitchen.startWorker();
    const running = await watch.enqueue({ ms: 60_000 });
    await worker.until(/watching 1/);
    const asked = performance.now();
    assert.equal(await running.cancel(), 'requested');
    await worker.until(/signal fired: CORTADO_TASK_CANCELLED/);
    assert.ok(performance.now() - asked < 5000, 'the signal must not wait for a heartbeat');
    await until('it is cancelled', async () => assert.equal(await running.status(), 'cancelled'), 40_000);
    const orphan = await watch.enqueue({ ms: 60_000 });
    await until('it runs', async () => assert.equal(await orphan.status(), 'running'), 40_000);
    worker.child.kill('SIGKILL');
    await worker.ended;
    assert.equal(await orphan.cancel(), 'requested');
    const next = await kitchen.startWorker();
    await until('the orphan is cancelled', async () => assert.equal(await orphan.status(), 'cancelled'), 40_000);
    assert.doesNotMatch(next.output(), /watching/);
    for (const handle of [waiting, scheduled]) assert.equal(await handle.status(), 'cancelled');
  });

  // SIGHUP: its terminal was closed.
  for (const signal of ['SIGTERM', 'SIGHUP'] as const)
    test(`drains at ${signal}: what can finish does, what cannot is handed back for the next worker`, async () => {
      await using kitchen = await openKitchen();
      const { brew, watch } = remotes(kitchen);
      const worker = await kitchen.startWorker();
      const long = await watch.enqueue({ ms: 30_000 });
      const short = await brew.enqueue({ ms: 300 });
      await worker.until(/watching 1/);
      await worker.until(/brewing/);
      const late = await brew.enqueue({ ms: 0 }, { delay: 100 });
      worker.child.kill(signal);
      assert.equal(await worker.ended, 0);
      assert.equal(await short.status(), 'succeeded');
      const record = await long.record();
      assert.deepEqual([record.state, record.attempt, record.crashes], ['queued', 0, 0]);
      assert.equal(await late.status(), 'scheduled');
    });

  test('serves tasks by its commands', async () => {
    await using kitchen = await openKitchen();
    const { watch } = remotes(kitchen);
    const { id } = await watch.enqueue({ ms: 5 });
    const run = async (...args: readonly string[]): Promise<string> => {
      const program = kitchen.cortado('tasks', ...args);
      await program.ended;
      return program.output();
    };
    assert.match(await run('list', kitchen.file, '--status', 'queued'), new RegExp(`${id} +watch +slow +queued`));
    assert.match(await run('cancel', id, kitchen.file), /is cancelled/);
    assert.match(await run('cancel', id, kitchen.file), /is over already/);
    assert.match(await run('show', id, kitchen.file), /status +cancelled[\s\S]*input +\{"ms":5\}/);
    assert.match(await run('retry', id, kitchen.file), /is queued again/);
    const shown = JSON.parse(await run('show', id, kitchen.file, '--json')) as { status: string };
    assert.equal(shown.status, 'queued');
    assert.match(await run('show', 'nobody', kitchen.file), /There is no task nobody/);
    await run('cancel', id, kitchen.file);
    assert.match(await run('prune', kitchen.file, '--older-than', '0s'), /1 task is deleted/);
  });
});
