// An app that enqueues tasks at a broker for its clients; other processes run them.
import { z } from 'zod';
import { App, health } from '../../src/index.ts';
import { Queue } from '../../src/queue/index.ts';

const queue = new Queue({ engine: process.env['QUEUE']! });
const params = { n: z.int(), ms: z.int() };
const job = queue.remote('effect', { params });

const app = new App();
app.use(health());
app.use(queue, { worker: false });
app.post('/jobs', { params, status: 202 }, async (input) => ({ id: (await job.enqueue(input)).id }));
app.stopOnSignals();
console.log(`listening on ${await app.listen({ port: 0 })}`);
