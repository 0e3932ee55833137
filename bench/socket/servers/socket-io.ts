import { createServer } from 'node:http';
import { Server } from 'socket.io';
import { pingInterval, Said } from '../message.ts';

const http = createServer((_request, response) => response.writeHead(426).end());
const io = new Server(http, { transports: ['websocket'], path: '/ws', pingInterval, serveClient: false });

io.on('connection', (socket) => {
  socket.on('said', (message: unknown) => {
    const found = Said.safeParse(message);
    if (found.success) socket.emit('said', Said.parse(found.data));
  });
});

http.listen(Number(process.env['PORT']), '127.0.0.1');
