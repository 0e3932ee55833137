import { z } from 'zod';
import {
  App,
  around,
  body,
  callback,
  content,
  cookie,
  dependency,
  eventStream,
  file,
  form,
  HttpError,
  header,
  jsonLines,
  query,
  Router,
} from '../../src/index.ts';
import { anyOf, apiKey, httpBearer, httpDigest } from '../../src/security/index.ts';
import { bytes, decimal, plainDate } from '../../src/values/index.ts';

export const Drink = z
  .object({
    name: z.string().max(20).describe('As on the board'),
    price: z.number().gt(0).default(2),
    size: z.enum(['small', 'large']).default('small'),
    note: z.string().nullable().optional(),
  })
  .meta({ id: 'Drink', description: 'A drink.', examples: [{ name: 'cortado', price: 2.5 }] });
const Order = z.object({ id: z.int(), drinks: z.array(Drink), at: z.iso.datetime() }).meta({ id: 'Order' });
const Customer = z.object({ name: z.string(), email: z.email() }).meta({ id: 'Customer' });
const Cash = z.object({ kind: z.literal('cash'), paid: z.number() }).meta({ id: 'Cash' });
const Card = z.object({ kind: z.literal('card'), number: z.string() }).meta({ id: 'Card' });
interface Category {
  name: string;
  children: Category[];
}
const Category: z.ZodType<Category> = z
  .object({
    name: z.string(),
    get children() {
      return z.array(Category);
    },
  })
  .meta({ id: 'Category' }) as never;

const pager = dependency({ skip: z.int().min(0).default(0), limit: z.int().max(100).default(10) }, (page) => page);
const signedIn = dependency({ authorization: header(z.string().optional()) }, ({ authorization }) => {
  if (authorization === undefined) throw new HttpError(401, 'Not authenticated');
});

const Receipt = z.object({ id: z.int(), at: z.iso.datetime() }).meta({ id: 'Receipt' });
const Received = z.object({ ok: z.boolean() }).meta({ id: 'Received' });
const Fault = z.object({ code: z.string() }).meta({ id: 'Fault' });
const staff = anyOf(httpBearer(), apiKey({ in: 'header', name: 'x-api-key' }));

/** An application with one of everything that the documentation can show. */
export function broadApp(options: ConstructorParameters<typeof App>[0] = {}): App {
  const app = new App({
    title: 'Coffee bar <&"',
    version: '1.2.3',
    summary: 'Drinks and orders',
    description: 'What the **bar** serves.',
    termsOfService: 'https://bar.example/terms',
    contact: { name: 'Ada', email: 'ada@bar.example' },
    license: { name: 'MIT', url: 'https://opensource.org/license/mit' },
    tags: [
      { name: 'drinks', description: 'What can be ordered' },
      { name: 'orders', externalDocs: { url: 'https://bar.example/orders', description: 'How to order' } },
    ],
    externalDocs: { url: 'https://bar.example/docs' },
    servers: [
      { url: '/', description: 'Here' },
      {
        url: 'https://{region}.bar.example',
        variables: { region: { default: 'eu', enum: ['eu', 'us'], description: 'Where the bar is' } },
      },
    ],
    openapi: { info: { 'x-logo': { url: '/docs/favicon-32x32.png' } }, 'x-bar': { open: true } },
    logger: false,
    ...options,
  });
  app.get('/', () => ({ message: 'Hello' }));
  app.static('/static', new URL('.', import.meta.url));
  app.mount('/inner', new App({ logger: false }));
  app.get(
    '/menu',
    {
      around: [around({ x_shop: header(z.string().optional()) }, async (_, _ctx, next) => next(), { name: 'shop' })],
      params: { on: query(plainDate().optional()), tags: query(z.set(z.string()).default(new Set())) },
      response: z.object({
        drinks: z.map(z.string(), Drink),
        price: decimal().default('2.50'),
        stamp: bytes().nullish(),
      }),
      responseHeaders: { 'x-total': z.int().describe('How many') },
      responseCookies: { seen: z.string().optional() },
      exclude: ['unset', 'none'],
      tags: ['drinks'],
    },
    (_, ctx) => {
      ctx.setHeader('x-total', '0');
      return { drinks: new Map() };
    },
  );
  app.get(
    '/drinks',
    {
      params: { pager, q: z.string().optional(), tags: query(z.array(z.string()).default([])) },
      response: z.array(Drink),
      tags: ['drinks'],
    },
    function listDrinks() {
      return [{ name: 'cortado' }];
    },
  );
  app.get(
    '/drinks/{drink_id}',
    {
      params: { drink_id: z.int().min(1).describe('Its number') },
      response: Drink,
      tags: ['drinks'],
      responses: {
        404: { description: 'No such drink', schema: z.object({ detail: z.string() }).meta({ id: 'Missing' }) },
      },
    },
    ({ drink_id }) => {
      if (drink_id > 100) throw new HttpError(404, 'No such drink');
      return { name: `drink ${drink_id}` };
    },
  );
  app.post(
    '/drinks',
    {
      params: { drink: body(Drink, { description: 'The new one', examples: [{ name: 'cortado' }] }) },
      response: Drink,
      status: 201,
      tags: ['drinks'],
      summary: 'Add a drink',
      description: 'Adds it to the **board**.',
      responseDescription: 'It is on the board',
    },
    ({ drink }) => drink,
  );
  app.put(
    '/drinks/{drink_id}',
    { params: { drink_id: z.int(), drink: Drink, customer: Customer, importance: body(z.int().gt(0)) } },
    function update_drink(values) {
      return values;
    },
  );
  app.delete(
    '/drinks/{drink_id}',
    { params: { drink_id: z.int() }, status: 204, deprecated: true, operationId: 'removeDrink' },
    () => {},
  );
  app.get(
    '/headers',
    {
      params: {
        x_token: header(z.string()),
        sid: cookie(z.string().nullish()),
        page: query(z.object({ limit: z.int().default(10), q: z.string().optional() })),
      },
    },
    (values) => values,
  );
  app.post(
    '/login',
    { params: { username: form(z.string()), password: form(z.string(), { description: 'Not shown' }) } },
    ({ username }) => ({ username }),
  );
  app.post('/photo', { params: { photo: file(z.file()), note: form(z.string().default('')) } }, ({ photo }) => ({
    size: photo.size,
  }));
  app.post('/pay', { params: { payment: z.discriminatedUnion('kind', [Cash, Card]) } }, ({ payment }) => payment.kind);
  app.post('/categories', { params: { category: Category }, response: Category }, ({ category }) => category);
  app.get('/files/{rest:path}', { params: { rest: z.string() }, response: content('text/plain') }, ({ rest }) => rest);
  app.get('/logo', { response: content('image/png') }, () => Buffer.from([137, 80]));
  app.get('/events', { response: eventStream(Order) }, async function* () {});
  app.get('/lines', { response: jsonLines(Order) }, async function* () {});
  app.get('/hidden', { documented: false }, () => 'hidden');
  app.get('/large.json', { documented: false }, () => ({ callbackUrl: 'https://a.example', total: 2000 }));
  app.get('/a-b', () => 1);
  app.get('/a_b', () => 2);
  const orders = new Router({
    prefix: '/orders',
    tags: ['orders'],
    guards: [signedIn],
    responses: { 401: { description: 'Who are you?' } },
  });
  orders.post('', { params: { order: Order }, response: Order }, ({ order }) => order);
  orders.get('/{order_id}', { params: { order_id: z.uuid() }, response: Order }, () => ({
    id: 1,
    drinks: [],
    at: '2026-01-01T00:00:00Z',
  }));
  app.include(orders);
  app.webhooks.post('newDrink', {
    params: { drink: Drink, x_signature: header(z.string()) },
    response: Received,
    description: 'Sent for each drink that comes on the board.',
    tags: ['drinks'],
  });
  const paid = callback('POST', '{$request.body#/callbackUrl}/paid', {
    params: { receipt: Receipt },
    response: Received,
    description: 'Sent once the bill is paid.',
    responses: { '5XX': { description: 'It is sent again' } },
  });
  app.post(
    '/bills',
    {
      params: {
        staff,
        bill: body(z.object({ callbackUrl: z.url(), total: z.number() }), {
          examples: {
            small: { summary: 'One drink', value: { callbackUrl: 'https://a.example', total: 2 } },
            large: { description: 'For the whole bar', externalValue: 'large.json' },
          },
        }),
        currency: query(z.string().default('EUR'), { examples: { euro: { summary: 'Here', value: 'EUR' } } }),
      },
      response: Receipt,
      status: 201,
      responses: {
        201: {
          headers: { location: { description: 'Where the bill is', required: true, schema: z.url() } },
          links: { show: { operationId: 'showBill', parameters: { bill_id: '$response.body#/id' } } },
          examples: { paid: { summary: 'Paid at once', value: { id: 1, at: '2026-01-01T00:00:00Z' } } },
          content: { 'application/xml': {} },
        },
        402: { content: { 'application/json': { schema: Fault }, 'text/plain': { examples: ['No money'] } } },
        '4XX': { schema: Fault },
        default: { description: 'Something else', mediaType: 'text/plain' },
      },
      callbacks: { paid },
      servers: [{ url: 'https://bills.bar.example' }],
      externalDocs: { url: 'https://bar.example/bills' },
      openapi: { 'x-cost': 5, parameters: [{ in: 'query', name: 'currency', 'x-iso': 4217 }] },
    },
    () => ({ id: 1, at: '2026-01-01T00:00:00Z' }),
  );
  app.get(
    '/bills/{bill_id}',
    { params: { bill_id: z.int(), device: httpDigest({ optional: true }) }, operationId: 'showBill' },
    ({ bill_id }) => bill_id,
  );
  app.post(
    '/menu',
    {
      requestBody: {
        description: 'The menu as YAML',
        content: { 'application/yaml': { schema: z.object({ drinks: z.array(Drink) }), examples: ['drinks: []'] } },
      },
      responses: { 200: { schema: Received } },
    },
    () => ({ ok: true }),
  );
  app.post('/survey', { params: { answers: form(z.object({ liked: z.array(z.string()), size: z.int() })) } }, () => 1);
  app.query('/search', { params: { filter: Customer }, response: z.array(Drink) }, () => []);
  return app;
}
