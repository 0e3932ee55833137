import { App, dependency, HttpError, query, SocketError, sleep } from 'cortado';
import { database, model, primaryKey } from 'cortado/db';
import { z } from 'zod';

// What clients send, and what they are sent: plain data, told apart by `type`.
const Say = z.object({ type: z.literal('say'), text: z.string().min(1).max(500) });
const Leave = z.object({ type: z.literal('leave') });
const Said = z.object({ type: z.literal('said'), id: z.int(), room: z.string(), from: z.string(), text: z.string() });

export class Line extends model('lines', {
  id: primaryKey(),
  room: z.string(),
  from: z.string(),
  text: z.string(),
}) {}
export const db = database({ url: 'sqlite::memory:', models: { lines: Line } });

const users = new Map([['token-of-ada', 'ada']]);
const currentUser = dependency({ token: query(z.string().optional()) }, ({ token }) => {
  const user = users.get(token ?? '');
  if (user === undefined) throw new HttpError(401, 'Who are you?');
  return user;
});

const app = new App({ title: 'Rooms' });
app.use(db, { createSchema: true });

// The smallest one: texts in, texts out.
export const echo = app.socket('/echo', async (_, socket) => {
  for await (const text of socket) await socket.send(text);
});

// Inputs, guards and dependencies as of a route, all before the handshake is answered; a session for each message.
export const rooms = app.socket(
  '/rooms/{room}',
  {
    params: { room: z.string().max(40), user: currentUser },
    incoming: z.discriminatedUnion('type', [Say, Leave]),
    outgoing: Said,
    each: { session: db.session },
  },
  async ({ room, user }, socket) => {
    for await (const { message } of socket) {
      if (message.type === 'leave') break;
      // The model finds the session of the message by itself.
      const line = await Line.create({ room, from: user, text: message.text });
      // Laid aside: it leaves once the session has been committed.
      await socket.send({ type: 'said', id: line.id, room, from: user, text: line.text });
    }
  },
);

// A socket that only sends. When the client leaves, its signal fires, and `sleep` ends the function.
export const clock = app.socket('/clock', { outgoing: z.object({ tick: z.int() }) }, async (_, socket) => {
  for (let tick = 1; ; tick++) {
    await socket.send({ tick });
    await sleep(20);
  }
});

// Words that do not wait for the end of the unit, and an end with a code of its own.
export const answers = app.socket('/answers', { outgoing: 'json' }, async (_, socket) => {
  for await (const question of socket) {
    if (question === '') throw new SocketError(4000, 'Nothing was asked');
    for (const word of ['42', 'of', 'course']) await socket.send({ word }, { now: true });
    await socket.send({ done: true });
  }
});

export default app;
