// What every contender serves, and the requests that it is checked and timed with. The data is small on purpose: the benchmark is about
// what a framework adds to a request.

/** What `GET /items/{item_id}` finds; `owner_email` must never reach the client. */
export function findItem(item_id: number, q: string | undefined, limit: number) {
  return { item_id, name: 'Cortado', q: q ?? null, limit, owner_email: 'barista@example.com' };
}

/** What `POST /items` answers to a valid body. */
export function createItem(item: { name: string; price: number; tags: string[] }) {
  return { item_id: 1, name: item.name, price: item.price, tags: item.tags };
}

/** How long `GET /wait` takes, in milliseconds. */
export const waitMs = 1000;

const item = { name: 'Flat white', price: 4.5, tags: ['milk', 'double'] };

/** The timed requests, with the answers that they must get. */
export const timed = {
  get: {
    method: 'GET',
    path: '/items/42?q=espresso&limit=20',
    answer: { item_id: 42, name: 'Cortado', q: 'espresso', limit: 20 },
  },
  post: {
    method: 'POST',
    path: '/items',
    body: JSON.stringify(item),
    answer: { item_id: 1, ...item },
  },
} as const;

/** Requests that a contender which validates must refuse with 4xx. */
export const refused = [
  { method: 'GET', path: '/items/x?limit=20' },
  { method: 'GET', path: '/items/42?limit=1000' },
  { method: 'GET', path: '/items/42?limit=many' },
  { method: 'POST', path: '/items', body: JSON.stringify({ ...item, price: -1 }) },
  { method: 'POST', path: '/items', body: JSON.stringify({ ...item, name: '' }) },
  { method: 'POST', path: '/items', body: JSON.stringify({ ...item, price: 'free' }) },
  { method: 'POST', path: '/items', body: JSON.stringify({ price: 4.5, tags: [] }) },
  { method: 'POST', path: '/items', body: '{' },
] as const;
