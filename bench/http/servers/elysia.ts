import { setTimeout as sleep } from 'node:timers/promises';
import { node } from '@elysiajs/node';
import { Elysia, t } from 'elysia';
import { createItem, findItem, waitMs } from '../application.ts';

const Params = t.Object({ item_id: t.Integer() });
const Query = t.Object({
  q: t.Optional(t.String({ maxLength: 50 })),
  limit: t.Integer({ minimum: 1, maximum: 100, default: 10 }),
});
const Found = t.Object({
  item_id: t.Integer(),
  name: t.String(),
  q: t.Union([t.String(), t.Null()]),
  limit: t.Integer(),
});
const NewItem = t.Object({
  name: t.String({ minLength: 1, maxLength: 100 }),
  price: t.Number({ exclusiveMinimum: 0 }),
  tags: t.Array(t.String()),
});

new Elysia({ adapter: node() })
  .get('/items/:item_id', ({ params, query }) => findItem(params.item_id, query.q, query.limit), {
    params: Params,
    query: Query,
    response: Found,
  })
  .post('/items', ({ body }) => createItem(body), { body: NewItem })
  .get('/wait', async () => {
    await sleep(waitMs);
    return { waited: waitMs };
  })
  .listen({ port: Number(process.env['PORT']), hostname: '127.0.0.1' });
