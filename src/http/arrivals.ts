import type { Server, Socket } from 'node:net';
import { Server as TlsServer } from 'node:tls';

// On a machine that is busy, as one that starts the next version is, a request takes its time from connection to first byte.
const arrival = 500;

/** Connections that were let in a moment ago, and whose first request is still on its way: to close them would be to refuse it. */
export class Arrivals {
  readonly #since = new Map<Socket, number>();

  constructor(server: Server) {
    const since = this.#since;
    function forget(this: Socket): void {
      since.delete(this);
    }
    server.on(server instanceof TlsServer ? 'secureConnection' : 'connection', (socket: Socket) => {
      since.set(socket, performance.now());
      socket.on('close', forget);
    });
  }

  /** Whether one of them is worth waiting for: browsers open connections to have them at hand, and send nothing. */
  get areAwaited(): boolean {
    const now = performance.now();
    for (const [socket, since] of this.#since) if (socket.bytesRead === 0 && now - since < arrival) return true;
    return false;
  }
}
