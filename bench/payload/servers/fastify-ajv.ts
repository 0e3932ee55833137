import Fastify from 'fastify';
import { findRows, type Order, takeOrder } from '../application.ts';
import { order, rows } from '../json-schemas.ts';

const app = Fastify();
app.post<{ Body: Order }>('/orders', { schema: { body: order } }, async (request) => takeOrder(request.body));
app.get('/rows', { schema: { response: { 200: rows } } }, async () => findRows());
await app.listen({ port: Number(process.env['PORT']), host: '127.0.0.1' });
