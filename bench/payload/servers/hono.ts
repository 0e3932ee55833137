import { serve } from '@hono/node-server';
import { zValidator } from '@hono/zod-validator';
import { Hono } from 'hono';
import { findRows, takeOrder } from '../application.ts';
import { Order, Rows } from '../schemas.ts';

const app = new Hono();
app.post('/orders', zValidator('json', Order), (c) => c.json(takeOrder(c.req.valid('json'))));
app.get('/rows', (c) => c.json(Rows.parse(findRows())));
serve({ fetch: app.fetch, port: Number(process.env['PORT']), hostname: '127.0.0.1' });
