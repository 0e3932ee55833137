// The application of the guide "FastAPI async programming, from the basics to simple applications", chapter by chapter.
import { App, gather, HttpError, type RequestContext, sleep } from 'cortado';
import { httpClient } from 'cortado/http-client';
import { threads } from 'cortado/threads';
import { z } from 'zod';
import { db, User } from './database.ts';
import { upstreamUrl } from './settings.ts';
import { delayed, longRunning, queue, sendEmail } from './tasks.ts';

const app = new App({ title: 'Async demo', description: 'The application of the guide, on Cortado.' });
app.use(db, { createSchema: true });
app.use(queue, { prefix: '/tasks' });

// 2 · Asynchronous functions
app.get('/', { tags: ['2 basics'] }, () => ({ message: 'Hello, Async FastAPI!' }));

async function databaseQuery(): Promise<{ user: string; age: number }> {
  await sleep(1000);
  return { user: 'Alice', age: 30 };
}
app.get('/user', { tags: ['2 basics'] }, () => databaseQuery());

// 3 · A blocking request in a thread, an asynchronous one on the loop
const blocking = threads<typeof import('./blocking.ts')>(new URL('./blocking.ts', import.meta.url));
app.use(blocking);
app.get('/sync-data', { tags: ['3 views'] }, (_, context) => blocking.requestSync(upstream(context)));
const http = httpClient({ timeout: 5000 });
app.get('/async-data', { params: { http }, tags: ['3 views'] }, async ({ http }, context) => {
  const response = await http.get(upstream(context));
  return response.json();
});
app.get('/data', { tags: ['3 views'] }, () => ({ data: 'from the upstream API' }));

// The application's own port, and not the Host header, which the client chooses.
const upstream = ({ request }: RequestContext): string =>
  upstreamUrl ?? `http://127.0.0.1:${request.socket.localPort}/data`;

// 4 · The database: by a session, and by a model
app.get(
  '/users/{user_id}',
  { params: { user_id: z.int(), session: db.session }, response: User.schema, tags: ['4 database'] },
  async ({ user_id, session }) => {
    const user = await session.selectFrom('users').selectAll().where('id', '=', user_id).executeTakeFirst();
    if (user === undefined) throw new HttpError(404, 'User not found');
    return user;
  },
);
app.post(
  '/users',
  { params: { name: z.string().max(100), age: z.int() }, response: User.schema, tags: ['4 database'] },
  (user) => User.create(user),
);
app.get('/users', { response: z.array(User.schema), tags: ['4 database'] }, () => User.all());

// 5 · Background tasks, with numbers that mean something
app.post(
  '/send-email',
  { params: { to: z.email(), content: z.string() }, status: 202, tags: ['5 tasks'] },
  async (email) => ({ status: 'Email queued', task_id: (await sendEmail.enqueue(email)).id }),
);
app.post('/run-task', { tags: ['5 tasks'] }, async () => ({
  task_id: (await longRunning.enqueue()).id,
  status: 'running',
}));
app.post(
  '/start-task',
  { params: { delay: z.int().min(0).max(3600).default(2) }, tags: ['5 tasks'] },
  async (input) => ({
    task_id: (await delayed.enqueue(input)).id,
    status: 'started',
  }),
);

// 6 · Never block the loop
app.get('/bad-sleep', { tags: ['6 practice'] }, () => {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5000);
  return { error: 'This is bad' };
});
app.get('/good-sleep', { tags: ['6 practice'] }, async () => {
  await sleep(5000);
  return { success: 'This is good' };
});

const task = (name: string, ms: number) => async () => {
  await sleep(ms);
  return `${name} done`;
};
app.get('/parallel-tasks', { tags: ['6 practice'] }, async () => ({
  results: await gather([task('Task 1', 1000), task('Task 2', 2000)]),
}));

const cpu = threads<typeof import('./cpu.ts')>(new URL('./cpu.ts', import.meta.url));
app.use(cpu);
app.get('/fib', { params: { n: z.int().min(0).max(40) }, tags: ['6 practice'] }, ({ n }) => cpu.fib(n));

export default app;
