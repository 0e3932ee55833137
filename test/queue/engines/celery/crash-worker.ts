// A worker process of the crash tests: runs until it is killed.
import { appendFileSync } from 'node:fs';
import { z } from 'zod';
import { Queue } from '../../../../src/queue/index.ts';

const [url, effects] = process.argv.slice(2) as [string, string];
const queue = new Queue({ engine: url });
queue.task('slow', { params: { n: z.int() } }, async ({ n }, { signal }) => {
  appendFileSync(effects, `start ${process.pid} ${n}\n`);
  const ms = process.env['SLOW'] === undefined ? 5 : Number(process.env['SLOW']);
  await new Promise((resolve) => setTimeout(resolve, ms));
  if (!signal.aborted) appendFileSync(effects, `end ${process.pid} ${n}\n`);
  return n * 2;
});
queue.task('sum', { params: { numbers: z.array(z.int()) } }, ({ numbers }) => numbers.reduce((a, b) => a + b, 0));
await queue.work({ concurrency: 8, lease: 2000 });
console.log('working');
