// Queues that have PostgreSQL alone for storage, with the settings that their own pages name for throughput.
import { Logger, makeWorkerUtils, type Runner, run } from 'graphile-worker';
import pg from 'pg';
import { PgBoss } from 'pg-boss';
import type { Contender } from './contender.ts';

/** https://worker.graphile.org/docs/performance. What has run is deleted. */
export function graphileWorker(url: string): Contender {
  const pool = new pg.Pool({ connectionString: url, max: 25 });
  let runner: Runner | undefined;
  const utils = makeWorkerUtils({ pgPool: pool }).then(async (made) => {
    await made.migrate();
    return made;
  });
  return {
    work: async (onRun) => {
      await utils;
      const worker = { concurrentJobs: 24, localQueue: { size: 500 }, completeJobBatchDelay: 0, failJobBatchDelay: 0 };
      runner = await run({
        pgPool: pool,
        noHandleSignals: true,
        preset: { worker },
        taskList: { noop: async () => void onRun() },
        logger: new Logger(() => () => {}),
      });
    },
    enqueue: async () => (await utils).addJob('noop', {}),
    result: undefined,
    close: async () => {
      await runner?.stop();
      await (await utils).release();
      await pool.end();
    },
  };
}

/** https://timgit.github.io/pg-boss: batches, several at once, without a pause while they come back full. What has run is kept. */
export function pgBoss(url: string): Contender {
  const boss = new PgBoss({ connectionString: url, max: 10 });
  const started = boss.start().then(() => boss.createQueue('noop'));
  return {
    work: async (onRun) => {
      await started;
      const options = { batchSize: 500, localConcurrency: 4, burstWhenBatchFull: true, pollingIntervalSeconds: 0.5 };
      await boss.work('noop', options, async (jobs) => {
        for (const _ of jobs) onRun();
      });
    },
    enqueue: async () => {
      await started;
      return boss.send('noop', {});
    },
    result: undefined,
    close: () => boss.stop({ graceful: false }),
  };
}
