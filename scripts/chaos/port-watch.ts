import { connect } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';

/** Knocks at a port again and again, with a connection for each. */
export class PortWatch implements AsyncDisposable {
  /** Milliseconds of the longest time in which every knock was refused. */
  longest = 0;
  readonly #knocking: Promise<void>;
  #isOver = false;

  constructor(address: string) {
    this.#knocking = this.#knock(Number(new URL(address).port));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true;
    await this.#knocking;
  }

  async #knock(port: number): Promise<void> {
    for (let since: number | undefined; !this.#isOver; await wait(20)) {
      if (await isOpen(port)) {
        since = undefined;
        continue;
      }
      since ??= performance.now();
      this.longest = Math.max(this.longest, Math.round(performance.now() - since));
    }
  }
}

function isOpen(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect({ host: '127.0.0.1', port });
  socket.once('connect', () => resolve(true));
  socket.once('error', () => resolve(false));
  return promise.finally(() => socket.destroy());
}
