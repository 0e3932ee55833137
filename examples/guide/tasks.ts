import { sleep } from 'cortado';
import { Queue } from 'cortado/queue';
import { z } from 'zod';
import { db } from './database.ts';
import { queueUrl } from './settings.ts';

export const queue = new Queue({ engine: queueUrl ?? db });

export const sendEmail = queue.task(
  'send-email',
  { params: { to: z.email(), content: z.string() }, retries: 3 },
  async ({ to }) => {
    await sleep(2000);
    return `Email sent to ${to}`;
  },
);

export const longRunning = queue.task('long-running', async (_, { progress }) => {
  for (const percent of [20, 40, 60, 80, 100]) {
    await sleep(1000);
    await progress(percent);
  }
  return 'Task completed';
});

export const delayed = queue.task('delayed', { params: { delay: z.int().min(0).max(3600) } }, async ({ delay }) => {
  await sleep(delay * 1000);
  return `Task done after ${delay}s`;
});
