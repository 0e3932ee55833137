import { serve, upgradeWebSocket } from '@hono/node-server';
import { Hono } from 'hono';
import { WebSocketServer } from 'ws';
import { Said } from '../message.ts';

const app = new Hono();

app.get(
  '/ws',
  upgradeWebSocket(
    () => ({
      onMessage(event, socket) {
        const message = Said.parse(JSON.parse(String(event.data)));
        socket.send(JSON.stringify(Said.parse(message)));
      },
    }),
    { onError: () => {} },
  ),
);

serve({
  fetch: app.fetch,
  websocket: { server: new WebSocketServer({ noServer: true }) as never },
  port: Number(process.env['PORT']),
  hostname: '127.0.0.1',
});
