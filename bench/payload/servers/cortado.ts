import { join } from 'node:path';
import type * as Cortado from '../../../src/index.ts';
import { findRows, takeOrder } from '../application.ts';
import { Order, Rows } from '../schemas.ts';

// An earlier checkout serves the same.
const checkout = process.env['CHECKOUT'] ?? join(import.meta.dirname, '../../..');
const { App } = (await import(join(checkout, 'src/index.ts'))) as typeof Cortado;

const app = new App({ logger: false });
app.post('/orders', { params: { order: Order } }, ({ order }) => takeOrder(order));
app.get('/rows', { response: Rows }, () => findRows());
await app.listen({ port: Number(process.env['PORT']) });
