import { setTimeout as sleep } from 'node:timers/promises';
import express from 'express';
import { ZodError } from 'zod';
import { createItem, findItem, waitMs } from '../application.ts';
import { FoundItem, ItemParams, ItemQuery, NewItem } from '../schemas.ts';

const app = express();
app.use(express.json());

app.get('/items/:item_id', (request, response) => {
  const { item_id } = ItemParams.parse(request.params);
  const { q, limit } = ItemQuery.parse(request.query);
  response.json(FoundItem.parse(findItem(item_id, q, limit)));
});

app.post('/items', (request, response) => {
  response.json(createItem(NewItem.parse(request.body)));
});

app.get('/wait', async (_request, response) => {
  await sleep(waitMs);
  response.json({ waited: waitMs });
});

const refuse: express.ErrorRequestHandler = (error, _request, response, _next) => {
  if (error instanceof ZodError) response.status(422).json({ detail: error.issues });
  else response.status(error.status ?? 500).json({ detail: error.message });
};
app.use(refuse);

app.listen(Number(process.env['PORT']), '127.0.0.1');
