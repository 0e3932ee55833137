import type { Server, Socket } from 'node:net';
import { Server as TlsServer } from 'node:tls';

// On a machine that is busy, as one that starts the next version is, a request takes its time from connection to first byte: half a second
// at most, in two parts.
const part = 250;

/**
 * Connections that were let in a moment ago, and whose first request is still on its way: to close them would be to refuse it. Ten thousand
 * may come at once, so each costs a place in a list and no listener.
 */
export class Arrivals {
  #latest: Socket[] = [];
  #earlier: Socket[] = [];
  #turning: NodeJS.Timeout | undefined;

  constructor(server: Server) {
    server.on(server instanceof TlsServer ? 'secureConnection' : 'connection', (socket: Socket) => {
      this.#latest.push(socket);
      this.#turning ??= setInterval(() => this.#turn(), part).unref();
    });
  }

  /** Whether one of them is worth waiting for: browsers open connections to have them at hand, and send nothing. */
  get areAwaited(): boolean {
    return this.#latest.some(isSilent) || this.#earlier.some(isSilent);
  }

  #turn(): void {
    this.#earlier = this.#latest;
    this.#latest = [];
    if (this.#earlier.length > 0) return;
    clearInterval(this.#turning);
    this.#turning = undefined;
  }
}

function isSilent(socket: Socket): boolean {
  return socket.bytesRead === 0 && !socket.destroyed;
}
