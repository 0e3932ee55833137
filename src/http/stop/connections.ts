import type { Server as HttpServer } from 'node:http';
import { Server, type Socket } from 'node:net';
import { Server as TlsServer } from 'node:tls';

// How often connections that have become idle are looked for.
const sweepEvery = 50;

/**
 * The connections of a server, when it stops. Node knows those of HTTP/1 that have said something: not those of HTTP/2, and none that is
 * still to begin with TLS.
 */
export class Connections {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #isNodes: boolean;

  constructor(server: Server) {
    this.#server = server;
    this.#isNodes = 'closeAllConnections' in server && !(server instanceof TlsServer);
    if (this.#isNodes) return;
    server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
  }

  get areLetIn(): boolean {
    return this.#server.listening;
  }

  /** Lets no more in. Not by the server's own `close()`, which ends idle connections as well. */
  refuse(): void {
    Server.prototype.close.call(this.#server);
  }

  count(): Promise<number> {
    return new Promise((resolve) => this.#server.getConnections((error, count) => resolve(error === null ? count : 0)));
  }

  /**
   * Ends, until all are closed, what has become idle: an answer that was on its way when the stop began said that its connection stays, and
   * its client keeps it. What has never said a word is ended at once.
   */
  sweep(): void {
    for (const socket of this.#sockets) if (socket.bytesRead === 0) socket.destroy();
    const { closeIdleConnections } = this.#server as Partial<HttpServer>;
    if (closeIdleConnections === undefined) return;
    const timer = setInterval(() => closeIdleConnections.call(this.#server as HttpServer), sweepEvery).unref();
    this.#server.once('close', () => clearInterval(timer));
  }

  hangUp(): void {
    if (this.#isNodes) (this.#server as HttpServer).closeAllConnections();
    for (const socket of this.#sockets) socket.destroy();
  }
}
