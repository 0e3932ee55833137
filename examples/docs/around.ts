import { App, around, HttpError, header } from 'cortado';
import { z } from 'zod';

// Outside: around all that a request does. It sees every answer, errors included, before the first byte.
const timing = around(async (_, _ctx, next) => {
  const began = performance.now();
  const answer = await next();
  answer.headers.set('server-timing', `app;dur=${(performance.now() - began).toFixed(1)}`);
});

// With inputs of its own, which are in the document; and without a call of next() it answers by itself.
const maintenance = around({ x_staff: header(z.string().optional()) }, async ({ x_staff }, _ctx, next) =>
  x_staff === undefined ? Response.json({ detail: 'Back at nine' }, { status: 503 }) : next(),
);

// Inside: around the handler alone. Dependencies are open, so what it throws rolls them back.
const fewer = around(
  async (_, _ctx, next) => {
    const value = await next();
    if (Array.isArray(value) && value.length > 1000) throw new HttpError(413, 'Ask for a page');
    return value;
  },
  { place: 'inside' },
);

const app = new App({ around: [timing] });
app.get('/orders', { around: [maintenance, fewer] }, () => [{ id: 1 }]);

export default app;
