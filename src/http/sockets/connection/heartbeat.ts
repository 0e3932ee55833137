import type { BeatClock } from './beat-clock.ts';
import type { Connection } from './connection.ts';

// Milliseconds between two looks at all connections: ten thousand cost a tenth of one.
const beat = 500;

/**
 * Asks clients that have been silent whether they are there, and leaves those that are gone, take nothing, or have nothing to say. One timer for
 * all connections of an app, which runs while there are any.
 */
export class Heartbeat implements BeatClock {
  readonly #connections = new Set<Connection>();
  #timer: NodeJS.Timeout | undefined;
  now: number = performance.now();

  get connections(): ReadonlySet<Connection> {
    return this.#connections;
  }

  add(connection: Connection): void {
    this.#connections.add(connection);
    this.#timer ??= setInterval(() => this.#look(), beat).unref();
  }

  delete(connection: Connection): void {
    this.#connections.delete(connection);
    if (this.#connections.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** The time right now, for a connection that begins. */
  look(): void {
    this.now = performance.now();
  }

  #look(): void {
    const now = (this.now = performance.now());
    for (const connection of this.#connections) this.#lookAt(connection, now);
  }

  #lookAt(connection: Connection, now: number): void {
    const { pingInterval, pingTimeout, idleTimeout, sendTimeout } = connection.prepared.limits;
    const { heardAt, askedAt, ws } = connection;
    const busyAt = Math.max(connection.busyAt, connection.sender.at);
    if (ws.readyState !== ws.OPEN) return;
    if (connection.sender.isStalled(now, sendTimeout)) connection.drop();
    else if (now - busyAt >= idleTimeout && !connection.isWorking)
      connection.close(1000, 'Nothing was said for too long');
    else if (ws.isPaused) {
      // Its answer would wait behind messages that nobody takes; but the system tells that there is no connection any more.
      connection.heardAt = now;
      if (now - askedAt >= pingInterval) connection.ask(now);
    } else if (askedAt > heardAt && now - askedAt >= pingTimeout) connection.drop();
    else if (askedAt <= heardAt && now - heardAt >= pingInterval) connection.ask(now);
  }
}
