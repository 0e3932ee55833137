// How many bytes a validated GET allocates on the heap, the guard on or off. Run with --expose-gc and a young generation that is never full.
import { z } from 'zod';
import { App } from '../../src/index.ts';
import { findItem } from '../http/application.ts';
import { FoundItem, ItemId } from '../http/schemas.ts';

const requests = 4000;
const app = new App({ logger: false, loop: process.env['LOOP_GUARD'] === 'off' ? false : {} });
app.get(
  '/items/{item_id}',
  {
    params: { item_id: ItemId, q: z.string().max(50).optional(), limit: z.int().min(1).max(100).default(10) },
    response: FoundItem,
  },
  ({ item_id, q, limit }) => findItem(item_id, q, limit),
);
await app.ready();

async function send(count: number): Promise<void> {
  for (let n = 0; n < count; n++) await app.server.inject('/items/42?q=espresso&limit=5');
}

await send(20_000);
const found: number[] = [];
for (let round = 0; round < 5; round++) {
  globalThis.gc!();
  const before = process.memoryUsage().heapUsed;
  await send(requests);
  found.push((process.memoryUsage().heapUsed - before) / requests);
}
console.log(found.sort((a, b) => a - b)[2]);
await app.close();
