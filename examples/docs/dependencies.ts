import { App, dependency, HttpError, Router } from 'cortado';
import { httpBearer } from 'cortado/security';
import { z } from 'zod';

/** What happened, in order: for the reader, and for the test. */
export const events: string[] = [];

// Once per process: opened at start, closed at stop.
const pool = dependency(
  async function* () {
    events.push('pool opens');
    yield {
      connect: async () => ({
        commit: async () => events.push('commit'),
        rollback: async () => events.push('rollback'),
      }),
    };
    events.push('pool closes');
  },
  { name: 'pool', scope: 'app' },
);

// Once per request, and closed before the first byte of the answer: what stands after the yield decides it.
const connection = dependency({ pool }, async function* ({ pool }) {
  const connection = await pool.connect();
  try {
    yield connection;
  } catch (error) {
    await connection.rollback();
    throw error;
  }
  await connection.commit();
});

// A dependency has inputs of its own, other dependencies for example; they stand in OpenAPI with the route's. This one is a token.
const user = dependency({ token: httpBearer() }, ({ token }) => {
  if (!/^\w+$/.test(token)) throw new HttpError(401, 'Who are you?', { headers: { 'www-authenticate': 'Bearer' } });
  return { name: token };
});

// Guards run before a byte of the body is read, and before anything is opened.
const orders = new Router({ prefix: '/orders', tags: ['orders'], guards: [user] });

orders.post(
  '',
  { params: { order: z.object({ drink: z.string() }), user, connection }, status: 201 },
  ({ order, user }) => {
    if (order.drink === 'tea') throw new HttpError(418, 'This is a coffee bar');
    return { drink: order.drink, for: user.name };
  },
);

const app = new App({ title: 'Dependencies' });
app.include(orders, { prefix: '/v1' });

export default app;
