// A worker process: each run of its task has one effect that can be counted, in the queue's database or in a file.
import { appendFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { sql } from 'kysely';
import { z } from 'zod';
import { database } from '../../src/db/index.ts';
import { Queue } from '../../src/queue/index.ts';

const [url, effects] = process.argv.slice(2) as [string, string];
const lease = Number(process.env['LEASE'] ?? 2000);
const numbers = { n: z.int(), ms: z.int() };
// Counted in turns of the loop, so that a process that was stopped goes on where it was.
const spend = async (ms: number): Promise<void> => {
  for (let left = ms; left > 0; left -= 10) await wait(Math.min(left, 10));
};

async function start(): Promise<Queue> {
  if (!/^(sqlite|postgres):/.test(url)) {
    const queue = new Queue({ engine: url });
    queue.task('effect', { params: numbers }, async ({ n, ms }, { attempt }) => {
      await spend(ms);
      appendFileSync(effects, `${n} ${attempt}\n`);
      return attempt;
    });
    return queue;
  }
  const db = database({ url });
  const queue = new Queue({ engine: db });
  queue.task('effect', { params: { ...numbers, session: db.session } }, async ({ n, ms, session }, { attempt }) => {
    await spend(ms);
    await sql`insert into effects (n, attempt) values (${n}, ${attempt})`.execute(session);
    return attempt;
  });
  return queue;
}

await (await start()).work({ concurrency: 10, lease });
console.log('working');
