import { parse as parseForm } from 'node:querystring';
import { text } from 'node:stream/consumers';
import { App, body, callback, HttpError, Router } from 'cortado';
import { anyOf, apiKey, httpBearer } from 'cortado/security';
import { z } from 'zod';

const Drink = z.object({ name: z.string(), size: z.enum(['small', 'large']).default('small') }).meta({ id: 'Drink' });
const Bill = z.object({ id: z.int(), total: z.number(), callbackUrl: z.url().optional() }).meta({ id: 'Bill' });
const Receipt = z.object({ bill: z.int(), paidAt: z.iso.datetime() }).meta({ id: 'Receipt' });
const Problem = z.object({ detail: z.string() }).meta({ id: 'Problem' });

const app = new App({
  title: 'Coffee bar',
  version: '2.1.0',
  contact: { name: 'The bar', email: 'bar@bar.example' },
  license: { name: 'MIT', identifier: 'MIT' },
  servers: [
    { url: 'https://{region}.bar.example', variables: { region: { default: 'eu', enum: ['eu', 'us'] } } },
    { url: '/', description: 'This one' },
  ],
  tags: [{ name: 'bills', description: 'What is owed', externalDocs: { url: 'https://bar.example/bills' } }],
  // Members that no option has: of the document, and below of one operation.
  openapi: { info: { 'x-logo': { url: '/logo.png' } } },
  // Names of the operations, of which generated clients make functions.
  operationId: ({ name, method, path }) => name || `${method.toLowerCase()}${path.replace(/\W+/g, '_')}`,
});

// Each of these may be left out, and all of them end in the document alone.
const paid = callback('POST', '{$request.body#/callbackUrl}', {
  params: { receipt: Receipt },
  response: z.object({ ok: z.boolean() }),
  description: 'Sent once the bill is paid.',
});

app.post(
  '/bills',
  {
    params: {
      bill: body(Bill, {
        examples: {
          plain: { summary: 'Paid at the bar', value: { id: 1, total: 4.2 } },
          told: { summary: 'Paid later', value: { id: 2, total: 9, callbackUrl: 'https://a.example/paid' } },
        },
      }),
    },
    response: Bill,
    status: 201,
    tags: ['bills'],
    responses: {
      201: {
        headers: { location: { schema: z.url(), required: true, description: 'Where the bill is' } },
        links: { show: { operationId: 'showBill', parameters: { bill_id: '$response.body#/id' } } },
      },
      402: { content: { 'application/json': { schema: Problem }, 'text/plain': {} } },
      '5XX': { description: 'Try again later' },
    },
    callbacks: { paid },
    openapi: { 'x-cost': 5 },
  },
  ({ bill }, context) => {
    context.setHeader('location', `/bills/${bill.id}`);
    return bill;
  },
);

app.get('/bills/{bill_id}', { params: { bill_id: z.int() }, response: Bill }, function showBill({ bill_id }) {
  return { id: bill_id, total: 4.2 };
});

// A body that the route reads itself: the document says of what kind it is.
app.post(
  '/menu',
  { requestBody: { content: { 'application/x-www-form-urlencoded': { schema: Drink } } }, response: Drink },
  async (_, { request }) => {
    const sent = Drink.safeParse({ ...parseForm(await text(request.raw)) });
    if (!sent.success) throw new HttpError(422, 'No such drink');
    return sent.data;
  },
);

// Requests that the app sends to those who asked for them elsewhere.
app.webhooks.post('newDrink', {
  params: { drink: Drink },
  description: 'Sent for each drink that is new on the board.',
});

// One of two credentials will do.
const staff = anyOf(httpBearer(), apiKey({ in: 'header', name: 'x-api-key' }));
const till = new Router({ prefix: '/till', guards: [staff], operationId: ({ name }) => `till_${name}` });
till.get('/total', function total() {
  return { total: 13.2 };
});
app.include(till);

// Swagger UI's own parameters, and what its Authorize dialog begins with.
export const quiet = new App({
  docs: {
    swaggerUiParameters: { docExpansion: 'none', syntaxHighlight: { theme: 'obsidian' } },
    swaggerUiInitOAuth: { clientId: 'docs', usePkceWithAuthorizationCodeGrant: true },
    redoc: false,
  },
});

export default app;
