import { H3, readValidatedBody, serve } from 'h3';
import { findRows, takeOrder } from '../application.ts';
import { Order, Rows } from '../schemas.ts';

const app = new H3();
app.post('/orders', async (event) => takeOrder(await readValidatedBody(event, Order)));
app.get('/rows', () => Rows.parse(findRows()));
serve(app, { port: Number(process.env['PORT']), hostname: '127.0.0.1', silent: true });
