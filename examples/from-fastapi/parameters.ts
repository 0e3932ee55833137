import { App, cookie, header, path, query } from 'cortado';
import { optional } from 'cortado/values';
import { z } from 'zod';

// First Steps
const app = new App({ title: 'From FastAPI' });

app.get('/', () => ({ message: 'Hello World' }));

// Path Parameters
app.get('/items/mine', () => ({ item_id: 'mine' }));
app.get('/items/{item_id}', { params: { item_id: z.int() } }, ({ item_id }) => ({ item_id }));
app.get('/models/{name}', { params: { name: z.enum(['filter', 'espresso']) } }, ({ name }) => ({ name }));
app.get('/files/{place:path}', { params: { place: z.string() } }, ({ place }) => ({ place }));

// Query Parameters
app.get(
  '/items',
  {
    params: {
      needy: z.string(), // without a default it is required
      skip: z.int().default(0),
      q: optional(z.string()), // `str | None = None`
      short: z.boolean().default(false), // ?short=on
    },
  },
  (values) => values,
);

// Query Parameters and String Validations
app.get(
  '/search',
  {
    params: {
      q: query(
        z
          .string()
          .min(3)
          .max(50)
          .regex(/^fixed/),
        {
          alias: 'item-query',
          description: 'What is looked for',
          deprecated: true,
        },
      ),
      tags: query(z.array(z.string()).default(['new'])), // ?tags=a&tags=b
      id: z
        .string()
        .refine((id) => id.startsWith('bar-'), 'An id begins with bar-')
        .optional(),
      secret: query(z.string().optional(), { documented: false }),
    },
  },
  ({ q, tags, id }) => ({ q, tags, id }),
);

// Path Parameters and Numeric Validations
app.get(
  '/shelves/{shelf}',
  {
    params: {
      shelf: path(z.int().gt(0).lte(1000), { description: 'The number on its side' }),
      weight: query(z.number().gt(0).lt(10.5)),
    },
  },
  ({ shelf, weight }) => ({ shelf, weight }),
);

// Query Parameter Models
const Filter = z.strictObject({
  limit: z.int().gt(0).lte(100).default(100),
  order_by: z.enum(['created_at', 'updated_at']).default('created_at'),
  tags: z.array(z.string()).default([]),
});
app.get('/filtered', { params: { filter: query(Filter) } }, ({ filter }) => filter);

// Cookie Parameters
app.get('/ads', { params: { ads_id: cookie(optional(z.string())) } }, ({ ads_id }) => ({ ads_id }));

// Header Parameters
app.get(
  '/agent',
  { params: { user_agent: header(optional(z.string())), x_token: header(z.array(z.string()).default([])) } },
  ({ user_agent, x_token }) => ({ user_agent, x_token }),
);

// Cookie Parameter Models
const Cookies = z.strictObject({ session_id: z.string(), tracker: optional(z.string()) });
app.get('/cookies', { params: { cookies: cookie(Cookies) } }, ({ cookies }) => cookies);

// Header Parameter Models
const Headers = z.object({ save_data: z.boolean(), x_tag: z.array(z.string()).default([]) });
app.get('/headers', { params: { headers: header(Headers) } }, ({ headers }) => headers);

export default app;
