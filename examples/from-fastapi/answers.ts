import { App, content, eventStream, file, HttpError, html, jsonLines, redirect, toJson } from 'cortado';
import { optional } from 'cortado/values';
import { z } from 'zod';

const app = new App({ title: 'Answers' });

// Response Model - Return Type
const UserIn = z.object({ username: z.string(), password: z.string(), full_name: optional(z.string()) });
const UserOut = UserIn.omit({ password: true }).meta({ id: 'UserOut' });

// The password does not leave, though the handler returns it.
app.post('/users', { params: { user: UserIn }, response: UserOut, status: 201 }, ({ user }) => user);
// Nor does what the handler has not said: response_model_exclude_unset.
app.get('/users/me', { response: UserOut, exclude: 'unset' }, () => ({ username: 'ada' }));

// Extra Models
const Car = z.object({ type: z.literal('car'), seats: z.int() }).meta({ id: 'Car' });
const Plane = z.object({ type: z.literal('plane'), size: z.int() }).meta({ id: 'Plane' });
const Vehicle = z.discriminatedUnion('type', [Car, Plane]);
app.get('/vehicles', { response: z.array(Vehicle) }, () => [
  { type: 'car' as const, seats: 4 },
  { type: 'plane' as const, size: 5 },
]);
app.get('/keyword-weights', { response: z.record(z.string(), z.number()) }, () => ({ foo: 2.3, bar: 3.4 }));

// Response Status Code
app.post('/items', { params: { name: z.string() }, status: 201 }, ({ name }) => ({ name }));

// Handling Errors
class OutOfBeans extends Error {
  readonly roast: string;

  constructor(roast: string) {
    super(`No ${roast} beans`);
    this.roast = roast;
  }
}
app.onError(OutOfBeans, ({ roast }) => Response.json({ message: `No ${roast} beans left` }, { status: 418 }));

app.get('/roasts/{roast}', { params: { roast: z.string() } }, ({ roast }) => {
  if (roast === 'dark') throw new OutOfBeans(roast);
  if (roast !== 'light') throw new HttpError(404, 'No such roast', { headers: { 'x-error': 'no such drink' } });
  return { roast };
});

// Path Operation Configuration
app.get(
  '/elements',
  {
    tags: ['elements'],
    summary: 'List all elements',
    description: 'In **Markdown**.',
    responseDescription: 'All of them',
    deprecated: true,
  },
  () => [],
);

// JSON Compatible Encoder
const store = new Map<string, unknown>();
const Title = z.object({ title: z.string(), timestamp: z.date(), tags: z.set(z.string()) });
app.put('/titles/{id}', { params: { id: z.string(), title: Title } }, ({ id, title }) => {
  store.set(id, toJson(title)); // { title: 'Foo', timestamp: '2026-03-01T00:00:00.000Z', tags: ['a'] }
  return store.get(id);
});

// Additional Status Codes
const names = new Map([['foo', 'Foo']]);
app.put('/names/{id}', { params: { id: z.string(), name: z.string() } }, ({ id, name }, ctx) => {
  if (!names.has(id)) ctx.setStatus(201);
  names.set(id, name);
  return { name };
});

// Return a Response Directly
app.get('/legacy', () => new Response('<?xml version="1.0"?><menu/>', { headers: { 'content-type': 'text/xml' } }));

// Custom Response - HTML, Stream, File, others
app.get('/page', () => html('<h1>Coffee bar</h1>'));
app.get('/menu', () => redirect('https://bar.example/menu'));
app.get('/this', () => file(new URL(import.meta.url), { name: 'this.ts', type: 'text/plain' }));

// Additional Responses in OpenAPI
const Message = z.object({ message: z.string() }).meta({ id: 'Message' });
app.get(
  '/described/{id}',
  {
    params: { id: z.string() },
    response: UserOut,
    responses: {
      200: { content: { 'image/png': {} } },
      404: { schema: Message, description: 'There is none' },
      '5XX': { description: 'Try again later' },
    },
  },
  ({ id }) => (id === 'ada' ? { username: id } : Response.json({ message: 'None' }, { status: 404 })),
);

// Response Cookies
app.post('/cookie', (_, ctx) => {
  ctx.setCookie('table', '7');
  return { message: 'Take a seat' };
});

// Response Headers
app.get('/headers', { responseHeaders: { 'x-queue': z.string() } }, (_, ctx) => {
  ctx.setHeader('x-queue', '3 before you');
  return { message: 'Hello World' };
});

// Response - Change Status Code
app.put('/tasks/{id}', { params: { id: z.string() }, status: 200 }, ({ id }, ctx) => {
  ctx.setStatus(202);
  return { id };
});

// Stream Data
app.get('/story', { response: content('text/plain') }, async function* () {
  for (const line of ['first a ristretto', 'then the milk']) yield `${line}\n`;
});

// Stream JSON Lines
const Line = z.object({ n: z.int() });
app.get('/lines', { response: jsonLines(Line) }, async function* () {
  yield { n: 1, secret: 'does not leave' };
  yield { n: 2 };
});

// Server-Sent Events (SSE)
app.get('/events', { response: eventStream(Line) }, async function* () {
  yield { n: 1 };
  yield { n: 2 };
});

export default app;
