import type { Socket } from 'node:net';
import { clientGoesAway, FrameTracker, serverGoesAway } from './frame-tracker.ts';

// Milliseconds for what an end has still to say.
const lastWords = 1000;

/** The two ends of a web socket, joined: each takes what the other says, as fast as it can. */
export class Tunnel {
  readonly #client: Socket;
  readonly #service: Socket;
  readonly #toClient = new FrameTracker();
  readonly #toService = new FrameTracker();
  #isLeaving = false;
  /** Resolves once both ends are closed. */
  readonly closed: Promise<void>;

  constructor(client: Socket, service: Socket) {
    this.#client = client;
    this.#service = service;
    this.closed = Promise.all([whenClosed(client), whenClosed(service)]).then(() => {});
    this.#join(client, service, this.#toService, clientGoesAway);
    this.#join(service, client, this.#toClient, serverGoesAway);
  }

  /** Tells both ends, between two frames, that the app goes away, and closes them. */
  leave(): void {
    if (this.#isLeaving) return;
    this.#isLeaving = true;
    if (this.#toClient.isBetween) this.#client.end(serverGoesAway);
    if (this.#toService.isBetween) this.#service.end(clientGoesAway);
    setTimeout(() => this.cut(), lastWords).unref();
  }

  cut(): void {
    this.#client.destroy();
    this.#service.destroy();
  }

  #join(from: Socket, to: Socket, tracker: FrameTracker, farewell: Buffer): void {
    from.on('data', (bytes: Buffer) => {
      if (this.#isLeaving) {
        // What is in the middle of a frame ends it first.
        if (tracker.isBetween || to.writableEnded) return;
        const end = tracker.followOne(bytes);
        to.write(bytes.subarray(0, end));
        if (tracker.isBetween) to.end(farewell);
        return;
      }
      tracker.follow(bytes);
      if (to.write(bytes)) return;
      from.pause();
      to.once('drain', () => from.resume());
    });
    from.on('end', () => to.end());
    // Node closes what fails; the other end has to hear of it.
    from.on('error', () => to.destroy());
    from.on('close', () => to.destroySoon());
  }
}

function whenClosed(end: Socket): Promise<void> {
  return new Promise((resolve) => {
    if (end.closed) resolve();
    else end.once('close', resolve);
  });
}
