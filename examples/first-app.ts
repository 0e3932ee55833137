import { z } from 'zod';
import { App, gather, HttpError, sleep } from '../src/index.ts';

export const app = new App({ title: 'Async demo' });

app.get('/', () => ({ message: 'Hello, Async FastAPI!' }));

app.get('/user', async () => {
  await sleep(1000);
  return { user: 'Alice', age: 30 };
});

app.get('/items/{item_id}', { params: { item_id: z.int(), q: z.string().optional() } }, ({ item_id, q }) => {
  if (item_id > 100) throw new HttpError(404, 'Item not found');
  return { item_id, q };
});

const task = (name: string, ms: number) => async () => {
  await sleep(ms);
  return `${name} done`;
};
app.get('/parallel-tasks', async () => ({ results: await gather([task('Task 1', 1000), task('Task 2', 2000)]) }));

if (import.meta.main) console.log(`Open ${await app.listen({ port: Number(process.env['PORT'] ?? 8000) })}/docs`);
