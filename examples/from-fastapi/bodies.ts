import { App, body, file, form } from 'cortado';
import { bytes, decimal, duration, instant, optional, plainDate, plainTime } from 'cortado/values';
import { z } from 'zod';

const app = new App({ title: 'Bodies' });

// Request Body
const Item = z
  .object({
    name: z.string(),
    price: z.number(),
    description: optional(z.string()),
    tax: optional(z.number()),
  })
  .meta({ id: 'Item' });

app.put(
  '/items/{item_id}',
  { params: { item_id: z.int(), item: Item, q: optional(z.string()) } },
  ({ item_id, item, q }) => ({ item_id, ...item, q, withTax: item.price + (item.tax ?? 0) }),
);

// Body - Multiple Parameters
const User = z.object({ username: z.string(), full_name: optional(z.string()) }).meta({ id: 'User' });

// {"item": {…}, "user": {…}, "importance": 5}
app.put('/several', { params: { item: Item, user: User, importance: body(z.int()) } }, (values) => values);
// {"item": {…}}, though it is the only one
app.put('/embedded', { params: { item: body(Item, { embed: true }) } }, ({ item }) => item);

// Body - Fields
const Priced = z.object({
  description: optional(z.string().max(300).meta({ title: 'What it is' })),
  price: z.number().gt(0).meta({ description: 'More than nothing' }),
});
app.put('/fields', { params: { item: Priced } }, ({ item }) => item);

// Body - Nested Models
const Offer = z.object({
  name: z.string(),
  items: z.array(Item.extend({ tags: z.set(z.string()).default(new Set()) })),
  image: z.object({ url: z.url(), name: z.string() }).optional(),
});
app.post('/offers', { params: { offer: Offer } }, ({ offer }) => offer);
app.post('/weights', { params: { weights: body(z.map(z.int(), z.number())) } }, ({ weights }) => weights);

// Declare Request Example Data
app.post(
  '/examples',
  {
    params: {
      item: body(Item, {
        examples: {
          normal: { summary: 'As it should be', value: { name: 'Foo', price: 35.4 } },
          converted: { summary: 'Elsewhere', externalValue: 'https://bar.example/item.json' },
        },
      }),
    },
  },
  ({ item }) => item,
);

// Extra Data Types
const Process = z.object({
  start: instant(),
  end: plainDate(),
  repeat_at: optional(plainTime()),
  process_after: duration(),
  price: decimal({ ge: 0, decimalPlaces: 2 }),
  owner: z.uuid(),
});
app.put('/processes', { params: { process: Process } }, ({ process }) => ({
  ...process,
  begins: process.start.add(process.process_after),
}));

// Form Data
app.post('/login', { params: { username: form(z.string()), password: form(z.string()) } }, ({ username }) => ({
  username,
}));

// Form Models
const Login = z.strictObject({ username: z.string(), password: z.string() });
app.post('/login-model', { params: { login: form(Login) } }, ({ login }) => ({ username: login.username }));

// Request Files
app.post('/upload', { params: { photo: file(z.file()) } }, async ({ photo }) => ({
  name: photo.name,
  type: photo.type,
  first: (await photo.slice(0, 4).text()).length,
}));
app.post('/uploads', { params: { photos: file(z.array(z.file()).max(3)) } }, ({ photos }) =>
  photos.map(({ size }) => size),
);

// Request Forms and Files
app.post('/both', { params: { photo: file(z.file()), token: form(z.string()) } }, ({ photo, token }) => ({
  size: photo.size,
  token,
}));

// Body - Updates
const stored = new Map([['foo', { name: 'Foo', price: 50.2, description: 'A foo' }]]);
const Changes = z.object({ name: z.string(), price: z.number(), description: z.string().nullable() }).partial();

// What was not sent is not there, so it stays as it is: `model_dump(exclude_unset=True)`.
app.patch('/stored/{id}', { params: { id: z.string(), changes: Changes } }, ({ id, changes }) =>
  Object.assign({ ...stored.get(id) }, changes),
);

// JSON with Bytes as Base64
const Data = z.object({ description: z.string(), data: bytes() });
app.post('/data', { params: { data: Data }, response: Data }, ({ data: { description, data } }) => ({
  description: `${description}: ${data.length} bytes`,
  data,
}));

// Strict Content-Type Checking
app.post('/loose', { params: { item: Item }, strictContentType: false }, ({ item }) => item);

// Using Dataclasses
class Point {
  readonly x: number;
  readonly y: number;

  constructor({ x, y }: { readonly x: number; readonly y: number }) {
    this.x = x;
    this.y = y;
  }

  get length(): number {
    return Math.hypot(this.x, this.y);
  }
}
const AsPoint = z.object({ x: z.number(), y: z.number() }).transform((value) => new Point(value));
app.post('/points', { params: { point: AsPoint } }, ({ point }) => ({ length: point.length }));

export default app;
