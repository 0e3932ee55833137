import { App, cookie, form, header, query } from 'cortado';
import { z } from 'zod';

const Item = z.object({ name: z.string().min(2), price: z.number().positive() }).meta({ id: 'Item' });
const Page = z.object({ skip: z.int().min(0).default(0), limit: z.int().min(1).max(100).default(10) });

const app = new App({ title: 'Sources' });

// Path, query, header and cookie values are coerced: they are text on the wire.
app.get(
  '/items/{item_id}',
  {
    params: {
      item_id: z.int(),
      q: z.string().optional(),
      x_token: header(z.string().optional()),
      sid: cookie(z.string().optional()),
    },
  },
  ({ item_id, q, x_token, sid }) => ({ item_id, q, x_token, sid }),
);

// An object schema is the JSON body; another value beside it comes from the query string.
export const makeItem = app.post(
  '/items',
  { params: { item: Item, notify: z.boolean().default(false) }, response: Item, status: 201 },
  ({ item }) => item,
);

// One object schema can take a whole source: here the query string.
app.get('/items', { params: { page: query(Page) } }, ({ page }) => page);

// Several bodies are one object keyed by name; `{name:path}` takes slashes.
app.put(
  '/shelves/{place:path}',
  { params: { place: z.string(), item: Item, owner: z.object({ name: z.string() }) } },
  (values) => values,
);

app.post('/login', { params: { username: form(z.string()), password: form(z.string()) } }, ({ username }) => ({
  username,
}));

export default app;
