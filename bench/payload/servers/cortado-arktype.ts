import { type } from 'arktype';
import { App } from '../../../src/index.ts';
import { findRows, takeOrder } from '../application.ts';

const Order = type({
  reference: '1 <= string <= 40',
  customer: { id: 'number.integer', name: '1 <= string <= 100' },
  lines: type({
    sku: '1 <= string <= 40',
    name: '1 <= string <= 100',
    quantity: '1 <= number.integer <= 999',
    unit_price: 'number >= 0',
    currency: "'EUR' | 'USD' | 'GBP'",
    discount: '0 <= number <= 1',
    is_gift: 'boolean',
    note: 'string <= 200 | null',
  })
    .array()
    .atLeastLength(1)
    .atMostLength(200),
});

const Rows = type({
  '+': 'delete',
  id: 'number.integer',
  name: 'string',
  email: 'string',
  role: "'admin' | 'guest'",
  is_active: 'boolean',
  score: 'number',
  created_at: 'string',
  tags: 'string[]',
}).array();

const app = new App({ logger: false });
app.post('/orders', { params: { order: Order } }, ({ order }) => takeOrder(order));
app.get('/rows', { response: Rows }, () => findRows());
await app.listen({ port: Number(process.env['PORT']) });
