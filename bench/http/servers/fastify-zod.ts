import { setTimeout as sleep } from 'node:timers/promises';
import Fastify from 'fastify';
import { serializerCompiler, validatorCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod';
import { createItem, findItem, waitMs } from '../application.ts';
import { FoundItem, ItemParams, ItemQuery, NewItem } from '../schemas.ts';

const app = Fastify().withTypeProvider<ZodTypeProvider>();
app.setValidatorCompiler(validatorCompiler);
app.setSerializerCompiler(serializerCompiler);

app.get(
  '/items/:item_id',
  { schema: { params: ItemParams, querystring: ItemQuery, response: { 200: FoundItem } } },
  async (request) => findItem(request.params.item_id, request.query.q, request.query.limit),
);

app.post('/items', { schema: { body: NewItem } }, async (request) => createItem(request.body));

app.get('/wait', async () => {
  await sleep(waitMs);
  return { waited: waitMs };
});

await app.listen({ port: Number(process.env['PORT']), host: '127.0.0.1' });
