// Bare ws: a listener that sends back what came, and the heartbeat of its documentation. Validates nothing.
import { createServer } from 'node:http';
import { type WebSocket, WebSocketServer } from 'ws';
import { pingInterval } from '../message.ts';

const alive = new WeakSet<WebSocket>();

function heartbeat(this: WebSocket): void {
  alive.add(this);
}

const http = createServer((_request, response) => response.writeHead(426).end());
const sockets = new WebSocketServer({ server: http, path: '/ws', maxPayload: 1_048_576 });
sockets.on('connection', (socket) => {
  alive.add(socket);
  socket.on('error', console.error);
  socket.on('pong', heartbeat);
  socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
});
setInterval(() => {
  for (const socket of sockets.clients) {
    if (!alive.delete(socket)) socket.terminate();
    else socket.ping();
  }
}, pingInterval);
http.listen(Number(process.env['PORT']), '127.0.0.1');
