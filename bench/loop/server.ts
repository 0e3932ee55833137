import { z } from 'zod';
import { App } from '../../src/index.ts';
import { threads } from '../../src/threads/index.ts';
import { findItem } from '../http/application.ts';
import { FoundItem, ItemId } from '../http/schemas.ts';

const count = process.env['THREADS'];
const cpu = threads<typeof import('./cpu.ts')>(
  new URL('./cpu.ts', import.meta.url),
  count === undefined ? {} : { threads: Number(count) },
);

const app = new App({ logger: false });
app.use(cpu);
app.get('/ping', () => 'pong');
app.get('/fib', { params: { n: z.int().max(45) } }, ({ n }) => cpu.fib(n));
app.get(
  '/items/{item_id}',
  {
    params: { item_id: ItemId, q: z.string().max(50).optional(), limit: z.int().min(1).max(100).default(10) },
    response: FoundItem,
  },
  ({ item_id, q, limit }) => findItem(item_id, q, limit),
);

await app.listen({ port: Number(process.env['PORT']) });
