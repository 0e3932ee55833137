import { node } from '@elysiajs/node';
import { Elysia } from 'elysia';
import { findRows, takeOrder } from '../application.ts';
import { Order, Rows } from '../schemas.ts';

new Elysia({ adapter: node() })
  .post('/orders', ({ body }) => takeOrder(body), { body: Order })
  .get('/rows', () => findRows(), { response: Rows })
  .listen({ port: Number(process.env['PORT']), hostname: '127.0.0.1' });
