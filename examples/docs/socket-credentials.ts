import { App, dependency } from 'cortado';
import { database } from 'cortado/db';
import { apiKey, sqlTickets, subprotocolToken, tickets } from 'cortado/security';
import { z } from 'zod';

interface User {
  readonly id: number;
  readonly name: string;
}

const ada: User = { id: 7, name: 'Ada' };
const users = new Map([['session-of-ada', ada]]);
const tokens = new Map([['token-of-ada', ada]]);

const app = new App({ title: 'Credentials of browsers' });
const db = database({ url: 'sqlite::memory:' });
app.use(db);

// A cookie: browsers send it along by themselves. Pages of other origins cannot connect, unless `origins` lists them.
const bySession = apiKey({ in: 'cookie', name: 'session', verify: (session) => users.get(session) });
app.socket('/by-cookie', { params: { user: bySession } }, async ({ user }, socket) => {
  await socket.send(`Hello, ${user.name}`);
});

// A token among the subprotocols: new WebSocket(url, ['chat.v1', 'token.' + token]).
const byToken = subprotocolToken({ verify: (token) => tokens.get(token) });
app.socket('/by-token', { params: { user: byToken }, subprotocols: ['chat.v1'] }, async ({ user }, socket) => {
  await socket.send(`Hello, ${user.name}, by ${socket.subprotocol}`);
});

// A ticket for one use: the page asks for it as for anything else, and puts it into the address.
const entry = tickets<{ user: number; room: string }>({ ttl: 10_000, store: sqlTickets(db) });
app.post('/tickets', { params: { user: bySession, room: z.string() } }, async ({ user, room }) => ({
  ticket: await entry.issue({ user: user.id, room }),
}));

// What it stands for is what it was issued for: nobody enters another room with it.
const member = dependency({ entry: entry.ticket }, ({ entry }) => entry);
app.socket('/by-ticket', { params: { member } }, async ({ member }, socket) => {
  await socket.send(`User ${member.user} enters ${member.room}`);
});

export default app;
