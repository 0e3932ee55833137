// One event for all who listen, written by hand: a loop of ws.send, and a loop of response.write for event streams.
import { createServer, type ServerResponse } from 'node:http';
import { WebSocketServer } from 'ws';
import { eventOf } from '../message.ts';

const streams = new Set<ServerResponse>();
let place = 0;

const http = createServer((request, response) => {
  if (request.url === '/events') listen(response);
  else if (request.url === '/publish') response.end(publish());
  else response.writeHead(404).end();
});

function listen(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' });
  response.flushHeaders();
  streams.add(response);
  response.on('close', () => streams.delete(response));
}

const sockets = new WebSocketServer({ server: http, path: '/ws' });
sockets.on('connection', (socket) => socket.on('error', console.error));

function publish(): string {
  const at = process.hrtime.bigint();
  const text = JSON.stringify(eventOf(++place));
  const bytes = Buffer.from(text);
  for (const socket of sockets.clients) socket.send(bytes, { binary: false });
  const piece = Buffer.from(`id: ${place}\ndata: ${text}\n\n`);
  for (const response of streams) response.write(piece);
  return String(at);
}

http.listen(Number(process.env['PORT']), '127.0.0.1');
