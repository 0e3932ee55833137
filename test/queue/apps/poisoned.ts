// A worker process of the tests of poison: one of its tasks takes it down.
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { Queue } from '../../../src/queue/index.ts';

const queue = new Queue({ engine: process.argv[2]! });
queue.task('job', { params: { n: z.int(), poison: z.boolean() } }, async ({ n, poison }) => {
  // Those that were taken with it are under way.
  await pause(30);
  if (poison) process.kill(process.pid, 'SIGKILL');
  await pause(poison ? 60_000 : 20);
  return n;
});
// Longer than a busy machine keeps a process from running, or it would be taken for lost.
await queue.work({ concurrency: 10, lease: 3000 });
console.log('working');
