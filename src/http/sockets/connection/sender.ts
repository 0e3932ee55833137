import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import { CortadoError } from '../../../base/error.ts';
import { RequestAborted } from '../../request/request-aborted.ts';
import { Framed, frameOf, type Leaving } from '../messages/frame.ts';
import type { PreparedSocket } from './prepared-socket.ts';

// Bytes that may wait for a client before whoever sends to it has to.
const mark = 64 * 1024;

const asText = { binary: false, compress: true } as const;
const asBytes = { binary: true, compress: true } as const;

/** What leaves by a web socket. A client that takes it slowly slows whoever waits for it, and is left where too much would wait. */
export class SocketSender {
  readonly #ws: WebSocket;
  readonly #raw: Duplex;
  /** Whether nothing is compressed. */
  readonly #isPlain: boolean;
  readonly #prepared: Pick<PreparedSocket, 'account' | 'clock' | 'limits'>;
  /** Bytes that had left when it was last looked at, and since when they are the same. */
  #left = 0;
  #since = 0;
  sent = 0;
  /** When a message was sent last; milliseconds. */
  at: number;

  constructor(ws: WebSocket, raw: Duplex, prepared: Pick<PreparedSocket, 'account' | 'clock' | 'limits'>) {
    this.#ws = ws;
    this.#raw = raw;
    this.#isPlain = ws.extensions === '';
    this.#prepared = prepared;
    this.at = prepared.clock.now;
  }

  /** Bytes that the client has not taken. */
  get waiting(): number {
    return this.#isPlain ? this.#raw.writableLength : this.#ws.bufferedAmount;
  }

  /** `undefined` while little waits; else a promise, which resolves once this message has been handed to the system. */
  send(message: Leaving): Promise<void> | undefined {
    const ws = this.#ws;
    if (ws.readyState !== ws.OPEN) return undefined;
    const { waiting } = this;
    const size = message.length;
    const { account, clock, limits } = this.#prepared;
    if (waiting > 0 && waiting + size > limits.maxWaiting) return Promise.reject(this.overflow());
    this.sent++;
    account.sent++;
    this.at = clock.now;
    if (waiting + size < mark) {
      this.#pass(message, undefined);
      return undefined;
    }
    return new Promise((resolve, reject) =>
      this.#pass(message, (error) => {
        if (error == null) resolve();
        else reject(new RequestAborted('client-gone'));
      }),
    );
  }

  /** Sends one after the other, each once there is room for it. */
  sendAll(all: readonly Leaving[], from = 0): Promise<void> | undefined {
    for (let at = from; at < all.length; at++) {
      const waiting = this.send(all[at]!);
      if (waiting !== undefined) return at + 1 < all.length ? waiting.then(() => this.sendAll(all, at + 1)) : waiting;
    }
    return undefined;
  }

  // Node writes what ws sends in two pieces, which costs a third more. What is compressed has to wait its turn there.
  #pass(message: Leaving, through: ((error?: Error | null) => void) | undefined): void {
    if (this.#isPlain) this.#raw.write(message instanceof Framed ? message.bytes : frameOf(message), through);
    else {
      const plain = message instanceof Framed ? message.message : message;
      this.#ws.send(plain, typeof plain === 'string' ? asText : asBytes, through);
    }
  }

  /** More would wait than may: closes the socket, and tells whoever sends. */
  overflow(): CortadoError {
    this.#ws.close(1013, 'Messages are taken too slowly');
    return new CortadoError(
      'CORTADO_OVERLOADED',
      `More than ${this.#prepared.limits.maxWaiting} bytes would wait for the client.`,
      {
        status: 503,
      },
    );
  }

  /** Whether a client has taken nothing of what waits for `limit` milliseconds; to be asked now and then. */
  isStalled(now: number, limit: number): boolean {
    if (this.waiting === 0) {
      this.#since = 0;
      return false;
    }
    const { bytesWritten = 0, writableLength } = this.#raw as Duplex & { readonly bytesWritten?: number };
    const left = bytesWritten - writableLength;
    if (this.#since === 0 || left !== this.#left) {
      this.#left = left;
      this.#since = now;
      return false;
    }
    return now - this.#since > limit;
  }
}
