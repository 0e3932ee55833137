import type { Server as HttpServer } from 'node:http';
import type { Server, Socket } from 'node:net';

/** Makes what ends all connections of a server at once. Node itself does so for HTTP/1, but not for HTTP/2. */
export function hangUpOf(server: Server): () => void {
  if ('closeAllConnections' in server) return () => (server as HttpServer).closeAllConnections();
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  return () => {
    for (const socket of sockets) socket.destroy();
  };
}
