import { parse } from 'node:querystring';
import { text } from 'node:stream/consumers';
import { App, callback, HttpError } from 'cortado';
import { z } from 'zod';

// Conditional OpenAPI
const hasDocs = process.env['OPENAPI_URL'] !== '';
export const quiet = new App({ docs: hasDocs ? {} : false });
export const silent = new App({ docs: false });

// Extending OpenAPI
const app = new App({
  title: 'Custom title',
  openapi: { info: { 'x-logo': { url: 'https://bar.example/logo.png' } } },
  // Generating SDKs
  operationId: ({ tags, name }) => `${tags[0] ?? 'app'}-${name}`,
  // Separate OpenAPI Schemas for Input and Output or Not
  separateInputOutputSchemas: false,
  // Configure Swagger UI
  docs: { swaggerUiParameters: { deepLinking: false, syntaxHighlight: { theme: 'obsidian' } } },
});

// Path Operation Advanced Configuration
const Item = z.object({ name: z.string(), size: z.enum(['s', 'l']).default('s') }).meta({ id: 'Item' });
app.get('/items', { operationId: 'listItems', response: z.array(Item), openapi: { 'x-cost': 5 } }, () => []);
app.get('/hidden', { documented: false }, () => 'in no document');
// A body that the route reads itself, and what the document says of it.
app.post(
  '/raw',
  { requestBody: { content: { 'application/x-www-form-urlencoded': { schema: Item } } }, response: Item },
  async function createRaw(_, { request }) {
    const sent = Item.safeParse({ ...parse(await text(request.raw)) });
    if (!sent.success) throw new HttpError(422, sent.error.message);
    return sent.data;
  },
);

// OpenAPI Callbacks
const paid = callback('POST', '{$request.query.callback_url}/invoices/{$request.body#/id}', {
  params: { event: z.object({ description: z.string(), paid: z.boolean() }) },
  response: z.object({ ok: z.boolean() }),
});
app.post(
  '/invoices',
  {
    params: { invoice: z.object({ id: z.string(), total: z.number() }), callback_url: z.url().optional() },
    callbacks: { paid },
    tags: ['invoices'],
  },
  function create() {
    return { msg: 'Invoice received' };
  },
);

// OpenAPI Webhooks
app.webhooks.post('newGuest', {
  params: { body: z.object({ username: z.string(), visits: z.int() }) },
  description: 'Sent for each guest that comes again.',
});

export default app;
