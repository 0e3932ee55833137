import { setTimeout as sleep } from 'node:timers/promises';
import { serve } from '@hono/node-server';
import { zValidator } from '@hono/zod-validator';
import { Hono } from 'hono';
import { createItem, findItem, waitMs } from '../application.ts';
import { FoundItem, ItemParams, ItemQuery, NewItem } from '../schemas.ts';

const app = new Hono();

app.get('/items/:item_id', zValidator('param', ItemParams), zValidator('query', ItemQuery), (c) => {
  const { item_id } = c.req.valid('param');
  const { q, limit } = c.req.valid('query');
  return c.json(FoundItem.parse(findItem(item_id, q, limit)));
});

app.post('/items', zValidator('json', NewItem), (c) => c.json(createItem(c.req.valid('json'))));

app.get('/wait', async (c) => {
  await sleep(waitMs);
  return c.json({ waited: waitMs });
});

serve({ fetch: app.fetch, port: Number(process.env['PORT']), hostname: '127.0.0.1' });
