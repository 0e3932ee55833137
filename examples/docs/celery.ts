// What docs/celery.md shows.
import { Queue } from 'cortado/queue';
import { call, chain, chord, group, PythonError, rest, send } from 'cortado/queue/celery';
import { z } from 'zod';

export const queue = new Queue({ engine: process.env['QUEUE_URL'] ?? 'celery+redis://localhost:6379/0' });

// Served by a Python worker; typed and checked here.
export const add = queue.remote('app.add', {
  queue: 'python',
  params: { x: z.int(), y: z.int() },
  returns: z.int(),
});

// Served here; Python calls it by its name.
export const resize = queue.task(
  'photos.resize',
  { params: { photo: z.string(), width: z.int() }, retries: 3 },
  async ({ photo, width }) => {
    if (width > 10_000) throw new PythonError('ValueError', [`${width} pixels are too many`]);
    return `${photo}@${width}`;
  },
);

export async function callPython(): Promise<number> {
  const handle = await add.enqueue({ x: 2, y: 3 });
  try {
    return await handle.result({ timeout: 5000 });
  } catch (failure) {
    const error = PythonError.of(failure);
    if (error?.type === 'ValueError') return 0;
    throw failure;
  }
}

export async function compose(): Promise<number[]> {
  // Each link gets the result of the one before it as its first argument.
  const sum = await send(chain(call(add, { x: 1, y: 2 }), rest(add, { y: 3 })));
  const pairs = await group([call(add, { x: 1, y: 1 }), call(add, { x: 2, y: 2 })]);
  const total = queue.remote('app.total', {
    queue: 'python',
    params: { numbers: z.array(z.int()) },
    returns: z.int(),
  });
  const all = await send(chord([call(add, { x: 1, y: 1 }), call(add, { x: 2, y: 2 })], rest(total)));
  return [await sum.result(), ...(await pairs.results()), await all.result()];
}
