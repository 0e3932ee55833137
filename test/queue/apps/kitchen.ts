// The app of the tests with processes: tasks whose effects can be counted in the same database.
import { tracingChannel } from 'node:diagnostics_channel';
import { setTimeout as pause } from 'node:timers/promises';
import { sql } from 'kysely';
import { z } from 'zod';
import { database } from '../../../src/db/index.ts';
import { App, sleep } from '../../../src/index.ts';
import { Queue, type QueueTrace } from '../../../src/queue/index.ts';

export const db = database({ url: process.env['DATABASE_URL']! });
export const queue = new Queue({
  engine: db,
  queues: { slow: {} },
  maxCrashes: Number(process.env['MAX_CRASHES'] ?? 1000),
});

/** Writes down that a run has had its effect: which task, which run. */
export const brew = queue.task(
  'brew',
  { params: { ms: z.int(), session: db.session }, retries: 3 },
  async ({ ms, session }, context) => {
    console.log(`brewing ${context.id} ${context.attempt}`);
    await sleep(ms);
    await sql`insert into effects (task, attempt) values (${context.id}, ${context.attempt})`.execute(session);
    return context.attempt;
  },
);

/** The same without a session, so that its effect and its end are two writes. */
export const stir = queue.task('stir', { params: { ms: z.int() } }, async ({ ms }, context) => {
  await sleep(ms);
  await sql`insert into effects (task, attempt) values (${context.id}, ${context.attempt})`.execute(db.kysely);
  return context.attempt;
});

/** Holds up its process's loop. */
export const block = queue.task('block', { params: { ms: z.int() } }, ({ ms }, { attempt }) => {
  console.log('blocking');
  const end = Date.now() + ms;
  while (Date.now() < end);
  return attempt;
});

/** Says when its signal fires, and why. */
export const watch = queue.task(
  'watch',
  { params: { ms: z.int() }, queue: 'slow' },
  async ({ ms }, { signal, attempt, progress }) => {
    console.log(`watching ${attempt}`);
    progress(1, 2);
    signal.addEventListener('abort', () => console.log(`signal fired: ${(signal.reason as { code?: string }).code}`));
    // Counted in turns of the loop, so that a process that was stopped goes on where it was.
    for (let left = ms / 20; left > 0 && !signal.aborted; left--) await pause(20);
    signal.throwIfAborted();
    return `run ${attempt}`;
  },
);

/** Takes its process down. */
export const poison = queue.task('poison', () => {
  console.log('poisoned');
  process.kill(process.pid, 'SIGKILL');
  return new Promise<never>(() => {});
});

// Dies where a test says: after a task was claimed, or with its result in hand, before that is stored.
const { KILL_AT } = process.env;
if (KILL_AT !== undefined) {
  const channel = tracingChannel<QueueTrace>('cortado:queue');
  const die = (): void => process.kill(process.pid, 'SIGKILL') && undefined;
  const hasTasks = (trace: { readonly result?: unknown }): boolean => (trace.result as readonly unknown[]).length > 0;
  channel.subscribe({
    start: ({ operation }) => void (KILL_AT === 'before-finish' && operation === 'finish' && die()),
    end: () => {},
    asyncStart: (trace) => void (KILL_AT === 'after-claim' && trace.operation === 'claim' && hasTasks(trace) && die()),
    asyncEnd: (trace) => void (KILL_AT === 'after-finish' && trace.operation === 'finish' && die()),
    error: () => {},
  });
}

const app = new App({ title: 'Kitchen' });
app.use(db);
app.use(queue, { prefix: '/tasks', worker: { lease: Number(process.env['LEASE'] ?? 30_000), concurrency: 8 } });
app.post(
  '/orders',
  { params: { fails: z.boolean().default(false), session: db.session }, status: 202 },
  async ({ fails, session }) => {
    await sql`insert into effects (task, attempt) values ('order', 0)`.execute(session);
    const { id } = await brew.enqueue({ ms: 0 });
    if (fails) throw new Error('the till is broken');
    return { id };
  },
);
app.get('/ping', () => 'pong');
export default app;
