import { App, dependency, HttpError, sleep } from 'cortado';
import { z } from 'zod';

const Order = z.object({ drink: z.string().max(40), shots: z.int().min(1).max(3).default(1) }).meta({ id: 'Order' });
const bar = dependency(() => new Map<number, z.output<typeof Order>>(), { name: 'bar', scope: 'app' });

const app = new App({ title: 'Coffee bar' });

app.post('/orders', { params: { order: Order, bar }, status: 201 }, ({ order, bar }) => {
  bar.set(bar.size + 1, order);
  return { number: bar.size };
});

app.get('/orders/{number}', { params: { number: z.int(), bar }, response: Order }, async ({ number, bar }) => {
  const order = bar.get(number);
  if (order === undefined) throw new HttpError(404, 'No such order');
  await sleep(100); // nobody waits at the counter meanwhile
  return order;
});

export default app;
