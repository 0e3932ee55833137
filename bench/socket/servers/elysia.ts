import { node } from '@elysiajs/node';
import { Elysia, t } from 'elysia';

const Said = t.Object({
  type: t.Literal('said'),
  room: t.String({ maxLength: 20 }),
  from: t.Integer({ minimum: 0 }),
  text: t.String({ minLength: 1, maxLength: 80 }),
});

new Elysia({ adapter: node() })
  .get('/', () => 'up')
  .ws('/ws', {
    body: Said,
    parse: () => undefined,
    response: Said,
    message(socket, message) {
      socket.send(message);
    },
  })
  .listen({ port: Number(process.env['PORT']), hostname: '127.0.0.1' });
