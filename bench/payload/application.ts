// What every contender serves: an order of fifty lines that is validated, and a list of a hundred rows of which one column must not leave.

/** A line of an order. */
export interface Line {
  readonly sku: string;
  readonly name: string;
  readonly quantity: number;
  readonly unit_price: number;
  readonly currency: 'EUR' | 'USD' | 'GBP';
  readonly discount: number;
  readonly is_gift: boolean;
  readonly note: string | null;
}

/** An order, as it is sent. */
export interface Order {
  readonly reference: string;
  readonly customer: { readonly id: number; readonly name: string };
  readonly lines: readonly Line[];
}

const lines = Array.from(
  { length: 50 },
  (_, n): Line => ({
    sku: `BEAN-${1000 + n}`,
    name: `House blend number ${n}`,
    quantity: 1 + (n % 9),
    unit_price: 4.25 + n,
    currency: (['EUR', 'USD', 'GBP'] as const)[n % 3]!,
    discount: 0.125,
    is_gift: n % 2 === 0,
    note: n % 5 === 0 ? null : 'to be ground for a filter',
  }),
);
const order: Order = { reference: 'A-2026-0042', customer: { id: 7, name: 'Ada' }, lines };
const wrong = { ...order, lines: lines.map((line, n) => (n === 36 ? { ...line, quantity: 0 } : line)) };

/** What `POST /orders` answers. */
export function takeOrder({ reference, lines }: Order) {
  return { order_id: 1, reference, lines: lines.length };
}

const stored = Array.from({ length: 100 }, (_, n) => ({
  id: n + 1,
  name: `Customer number ${n}`,
  email: `customer${n}@example.com`,
  role: n % 10 === 0 ? ('admin' as const) : ('guest' as const),
  is_active: n % 3 !== 0,
  score: n + 0.5,
  created_at: '2026-11-30T08:00:00Z',
  tags: ['espresso', 'filter'],
  password_hash: 'never to be shown to anybody at all',
}));

/** What `GET /rows` finds; `password_hash` must never reach the client. */
export function findRows() {
  return stored;
}

/** The timed requests; where they are not to be refused, with the text that they must get. */
export const timed = {
  order: {
    method: 'POST',
    path: '/orders',
    body: JSON.stringify(order),
    answer: JSON.stringify(takeOrder(order)),
  },
  rows: {
    method: 'GET',
    path: '/rows',
    answer: JSON.stringify(stored.map(({ password_hash: _, ...row }) => row)),
  },
  wrong: { method: 'POST', path: '/orders', body: JSON.stringify(wrong), isRefused: true },
} as const;

/** Further requests that must be refused with 4xx. */
export const refused: readonly { readonly method: 'POST'; readonly path: string; readonly body: string }[] = [
  { ...order, lines: [] },
  { ...order, reference: '' },
  { ...order, customer: { id: 'seven', name: 'Ada' } },
  { ...order, lines: [...lines.slice(0, 49), { ...lines[49], currency: 'XXX' }] },
  { ...order, lines: [{ ...lines[0], note: undefined }] },
  { reference: 'A', lines },
].map((body) => ({ method: 'POST', path: '/orders', body: JSON.stringify(body) }));
