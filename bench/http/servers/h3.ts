import { setTimeout as sleep } from 'node:timers/promises';
import { getValidatedQuery, getValidatedRouterParams, H3, readValidatedBody, serve } from 'h3';
import { createItem, findItem, waitMs } from '../application.ts';
import { FoundItem, ItemParams, ItemQuery, NewItem } from '../schemas.ts';

const app = new H3();

app.get('/items/:item_id', async (event) => {
  const { item_id } = await getValidatedRouterParams(event, ItemParams);
  const { q, limit } = await getValidatedQuery(event, ItemQuery);
  return FoundItem.parse(findItem(item_id, q, limit));
});

app.post('/items', async (event) => createItem(await readValidatedBody(event, NewItem)));

app.get('/wait', async () => {
  await sleep(waitMs);
  return { waited: waitMs };
});

serve(app, { port: Number(process.env['PORT']), hostname: '127.0.0.1', silent: true });
