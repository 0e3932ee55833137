import compress from '@fastify/compress';
import cors from '@fastify/cors';
import { App, around } from 'cortado';
import { Queue } from 'cortado/queue';
import { z } from 'zod';

/** What has happened, for the test. */
export const events: string[] = [];

// Middleware
const timing = around(async (_, _ctx, next) => {
  const began = performance.now();
  const answer = await next();
  answer.headers.set('x-process-time', String(performance.now() - began));
});

// Lifespan Events
const app = new App({
  title: 'Coffee bar',
  around: [timing],
  lifespan: async function* () {
    events.push('up');
    yield;
    events.push('down');
  },
  // Metadata and Docs URLs
  version: '0.0.1',
  summary: 'Drinks and who wants them',
  tags: [{ name: 'users', description: 'Operations with users', externalDocs: { url: 'https://bar.example/users' } }],
  docs: { openapi: '/api/v1/openapi.json', swagger: '/documentation', redoc: false },
});

// CORS (Cross-Origin Resource Sharing)
app.use(cors, { origin: ['http://localhost:8080'], credentials: true });

// Advanced Middleware
app.use(compress, { threshold: 1000 });
app.get('/long', () => 'long '.repeat(1000));

// Background Tasks
app.post('/notify/{email}', { params: { email: z.email() }, status: 202 }, ({ email }, ctx) => {
  ctx.defer(() => void events.push(`notified ${email}`)); // after the answer, in this process
  return { message: 'Notification sent in the background' };
});

const queue = new Queue();
const sendReport = queue.task('send-report', { params: { to: z.email() }, retries: 3 }, ({ to }) => {
  events.push(`report to ${to}`); // by a worker, here or elsewhere; with an engine that stores it, also after a crash
});
app.use(queue, { prefix: '/tasks', open: true }); // or guards: [staff]
app.post('/reports/{to}', { params: { to: z.email() }, status: 202 }, async ({ to }) => ({
  task_id: (await sendReport.enqueue({ to })).id,
}));

// Static Files
app.static('/static', new URL('../docs/files/public/', import.meta.url));

// Frontend
app.frontend(new URL('../docs/files/site/', import.meta.url), { prefix: '/shop' });

// Debugging
if (import.meta.main) await app.stopOnSignals().listen({ port: 8000 });

export default app;
