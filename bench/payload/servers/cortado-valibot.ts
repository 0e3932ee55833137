import { toStandardJsonSchema } from '@valibot/to-json-schema';
import * as v from 'valibot';
import { App } from '../../../src/index.ts';
import { findRows, takeOrder } from '../application.ts';

const text = (most: number) => v.pipe(v.string(), v.minLength(1), v.maxLength(most));

const Order = toStandardJsonSchema(
  v.object({
    reference: text(40),
    customer: v.object({ id: v.pipe(v.number(), v.integer()), name: text(100) }),
    lines: v.pipe(
      v.array(
        v.object({
          sku: text(40),
          name: text(100),
          quantity: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(999)),
          unit_price: v.pipe(v.number(), v.minValue(0)),
          currency: v.picklist(['EUR', 'USD', 'GBP']),
          discount: v.pipe(v.number(), v.minValue(0), v.maxValue(1)),
          is_gift: v.boolean(),
          note: v.nullable(v.pipe(v.string(), v.maxLength(200))),
        }),
      ),
      v.minLength(1),
      v.maxLength(200),
    ),
  }),
);

const Rows = toStandardJsonSchema(
  v.array(
    v.object({
      id: v.pipe(v.number(), v.integer()),
      name: v.string(),
      email: v.string(),
      role: v.picklist(['admin', 'guest']),
      is_active: v.boolean(),
      score: v.number(),
      created_at: v.string(),
      tags: v.array(v.string()),
    }),
  ),
);

const app = new App({ logger: false });
app.post('/orders', { params: { order: Order } }, ({ order }) => takeOrder(order));
app.get('/rows', { response: Rows }, () => findRows());
await app.listen({ port: Number(process.env['PORT']) });
