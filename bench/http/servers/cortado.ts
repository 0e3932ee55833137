import { z } from 'zod';
import { App, sleep } from '../../../src/index.ts';
import { createItem, findItem, waitMs } from '../application.ts';
import { FoundItem, ItemId, NewItem } from '../schemas.ts';

const app = new App({ logger: false });

app.get(
  '/items/{item_id}',
  {
    params: {
      item_id: ItemId,
      q: z.string().max(50).optional(),
      limit: z.int().min(1).max(100).default(10),
    },
    response: FoundItem,
  },
  ({ item_id, q, limit }) => findItem(item_id, q, limit),
);

app.post('/items', { params: { item: NewItem } }, ({ item }) => createItem(item));

app.get('/wait', async () => {
  await sleep(waitMs);
  return { waited: waitMs };
});

await app.listen({ port: Number(process.env['PORT']) });
