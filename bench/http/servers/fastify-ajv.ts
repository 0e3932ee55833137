import { setTimeout as sleep } from 'node:timers/promises';
import Fastify from 'fastify';
import { createItem, findItem, waitMs } from '../application.ts';

interface Get {
  Params: { item_id: number };
  Querystring: { q?: string; limit: number };
}

interface Post {
  Body: { name: string; price: number; tags: string[] };
}

const app = Fastify();

app.get<Get>(
  '/items/:item_id',
  {
    schema: {
      params: { type: 'object', properties: { item_id: { type: 'integer' } }, required: ['item_id'] },
      querystring: {
        type: 'object',
        properties: {
          q: { type: 'string', maxLength: 50 },
          limit: { type: 'integer', minimum: 1, maximum: 100, default: 10 },
        },
      },
      response: {
        200: {
          type: 'object',
          properties: {
            item_id: { type: 'integer' },
            name: { type: 'string' },
            q: { type: ['string', 'null'] },
            limit: { type: 'integer' },
          },
          required: ['item_id', 'name', 'q', 'limit'],
        },
      },
    },
  },
  async (request) => findItem(request.params.item_id, request.query.q, request.query.limit),
);

app.post<Post>(
  '/items',
  {
    schema: {
      body: {
        type: 'object',
        properties: {
          name: { type: 'string', minLength: 1, maxLength: 100 },
          price: { type: 'number', exclusiveMinimum: 0 },
          tags: { type: 'array', items: { type: 'string' } },
        },
        required: ['name', 'price', 'tags'],
      },
    },
  },
  async (request) => createItem(request.body),
);

app.get('/wait', async () => {
  await sleep(waitMs);
  return { waited: waitMs };
});

await app.listen({ port: Number(process.env['PORT']), host: '127.0.0.1' });
