// FastAPI's chapters on web sockets, in Cortado's code.
import assert from 'node:assert/strict';
import { App, cookie, dependency, query, SocketError } from 'cortado';
import { Channels } from 'cortado/channels';
import { testClient } from 'cortado/testing';
import { z } from 'zod';

const app = new App();

// Create a websocket; await for messages and send messages
export const ws = app.socket('/ws', async (_, socket) => {
  for await (const data of socket) await socket.send(`Message text was: ${data}`);
});

// Using Depends and others
const cookieOrToken = dependency(
  { session: cookie(z.string().optional()), token: query(z.string().optional()) },
  ({ session, token }) => {
    const known = session ?? token;
    if (known === undefined) throw new SocketError(1008);
    return known;
  },
);
export const items = app.socket(
  '/items/{item_id}/ws',
  { params: { item_id: z.string(), q: z.int().optional(), who: cookieOrToken } },
  async ({ item_id, q, who }, socket) => {
    for await (const data of socket) {
      await socket.send(`Session cookie or query token value is: ${who}`);
      if (q !== undefined) await socket.send(`Query parameter q is: ${q}`);
      await socket.send(`Message text was: ${data}, for item ID: ${item_id}`);
    }
  },
);

// Handling disconnections and multiple clients
const channels = new Channels();
const chat = channels.channel('chat', { event: z.string() });
app.use(channels);
export const chatSocket = app.socket(
  '/ws/{client_id}',
  { params: { client_id: z.int() } },
  async ({ client_id }, socket) => {
    // What everybody is told, whichever process they are connected to.
    void socket.pipe(chat.subscribe({}));
    for await (const data of socket) {
      await socket.send(`You wrote: ${data}`, { now: true });
      await chat.publish({}, `Client #${client_id} says: ${data}`);
    }
    // The loop has ended: the client has left.
    await chat.publish({}, `Client #${client_id} left the chat`);
  },
);

// Testing WebSockets
{
  await using client = await testClient(app);
  await using socket = await client.socket(ws);
  await socket.send('hello');
  assert.equal(await socket.receive(), 'Message text was: hello');
}

export default app;
