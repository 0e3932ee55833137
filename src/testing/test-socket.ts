import type { IncomingMessage } from 'node:http';
import type { Server } from 'node:net';
import { text } from 'node:stream/consumers';
import type { WebSocket } from 'ws';
import { CortadoError } from '../base/error.ts';
import { settledBy } from '../concurrency/settled-by.ts';
import type { AsJson } from '../declare/route/endpoint.ts';
import type { SocketFormats } from '../declare/route/socket-format.ts';
import type { ClientReceives, ClientSends, SocketEnd, SocketRoute } from '../declare/socket/socket.ts';
import { stringify } from '../http/respond/json.ts';
import { memoryConnection } from './memory-connection.ts';

/** Why a socket could not be opened, as the client is told. */
export class SocketRefused extends Error {
  override name = 'SocketRefused';
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** The body of the answer, read as JSON where it is. */
  readonly body: unknown;

  constructor(status: number, headers: SocketRefused['headers'], body: unknown) {
    super(`The handshake was refused with ${status}: ${typeof body === 'string' ? body : JSON.stringify(body)}`);
    this.status = status;
    this.headers = headers;
    this.body = body;
  }
}

/** The socket was closed while a message was waited for. */
export class SocketClosed extends Error implements SocketEnd {
  override name = 'SocketClosed';
  readonly code: number;
  readonly reason: string;

  constructor({ code, reason }: SocketEnd) {
    super(`The socket was closed with ${code}${reason === '' ? '' : `: ${reason}`}`);
    this.code = code;
    this.reason = reason;
  }
}

/** What the client of a socket sends and receives, by the formats of the socket. */
export type TestSocketOf<I, O> = TestSocket<
  ClientSends<I>,
  ClientReceives<O> extends infer Message ? (Message extends Uint8Array ? Message : AsJson<Message>) : never
>;

export interface SocketOpening {
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[]>>;
  readonly subprotocols: readonly string[];
}

// Milliseconds.
const patience = 5000;

/** The client's end of a web socket, in a test. */
export class TestSocket<in Sent, out Received> implements AsyncDisposable, AsyncIterable<Received> {
  readonly #ws: WebSocket;
  readonly #incoming: SocketFormats;
  readonly #readsJson: boolean;
  readonly #waiting: unknown[] = [];
  /** Whoever waits for a message, in the order of their asking. */
  readonly #asking: (() => void)[] = [];
  #end: SocketEnd | undefined;
  /** Resolves once it is closed, to how. */
  readonly closed: Promise<SocketEnd>;

  constructor(ws: WebSocket, { definition: { socket }, outgoing: { frames } }: SocketRoute) {
    this.#ws = ws;
    this.#incoming = socket.incoming;
    this.#readsJson = frames.text !== undefined && frames.text !== 'text';
    ws.on('message', (data: Buffer, isBinary: boolean) => {
      const said = isBinary ? new Uint8Array(data) : data.toString('utf8');
      this.#waiting.push(typeof said === 'string' && this.#readsJson ? JSON.parse(said) : said);
      this.#asking.shift()?.();
    });
    this.closed = new Promise((resolve) =>
      ws.once('close', (code, reason) => {
        this.#end = { code, reason: reason.toString('utf8') };
        for (const wake of this.#asking.splice(0)) wake();
        resolve(this.#end);
      }),
    );
  }

  /** The subprotocol that was agreed on; empty where there is none. */
  get subprotocol(): string {
    return this.#ws.protocol;
  }

  /** Sends a message, as the socket declares what comes in. */
  async send(message: Sent): Promise<void> {
    const formats = [this.#incoming].flat() as readonly unknown[];
    const isBytes = message instanceof Uint8Array && formats.includes('bytes');
    await this.sendRaw(isBytes || formats.includes('text') ? (message as string) : stringify(message));
  }

  /** Sends a text or bytes as they are: what is not as declared, for example. */
  sendRaw(message: string | Uint8Array): Promise<void> {
    return new Promise((resolve, reject) =>
      this.#ws.send(message, (error) => (error == null ? resolve() : reject(error))),
    );
  }

  /**
   * The next message.
   *
   * @param ms Milliseconds to wait for it. Default 5000.
   * @throws SocketClosed where the socket is closed before; CortadoError `CORTADO_TIMEOUT`.
   */
  async receive(ms: number = patience): Promise<Received> {
    const end = performance.now() + ms;
    // Another one may take what it was woken for.
    while (this.#waiting.length === 0 && this.#end === undefined) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#asking.push(resolve);
      const isWoken = await settledBy(promise, Math.max(0, end - performance.now()));
      const at = this.#asking.indexOf(resolve);
      if (isWoken || at === -1) continue;
      this.#asking.splice(at, 1);
      throw new CortadoError('CORTADO_TIMEOUT', `The socket sent nothing within ${ms} ms.`);
    }
    if (this.#waiting.length > 0) return this.#waiting.shift() as Received;
    throw new SocketClosed(this.#end!);
  }

  /** Closes it, and waits for the other end to do so. */
  async close(code?: number, reason?: string): Promise<SocketEnd> {
    this.#ws.close(code, reason);
    return this.closed;
  }

  /** Leaves without a word, as a client does whose network is gone. */
  async drop(): Promise<void> {
    this.#ws.terminate();
    await this.closed;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Received> {
    try {
      for (;;) yield await this.receive(2 ** 31 - 1);
    } catch (error) {
      if (!(error instanceof SocketClosed)) throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#end === undefined) await this.close();
  }
}

/** Opens a socket of a server in memory. */
export async function openSocket(
  server: Server,
  route: SocketRoute,
  { path, headers, subprotocols }: SocketOpening,
): Promise<TestSocket<unknown, unknown>> {
  const { WebSocket } = await import('ws');
  const options = { headers, createConnection: () => memoryConnection(server) };
  const ws = new WebSocket(`ws://localhost${path}`, [...subprotocols], options as never);
  const socket = new TestSocket<unknown, unknown>(ws, route);
  await new Promise<void>((resolve, reject) => {
    ws.once('open', resolve);
    ws.once('error', reject);
    ws.once('unexpected-response', (_request, response: IncomingMessage) => {
      refusedBy(response)
        .then(reject, reject)
        .finally(() => ws.terminate());
    });
  });
  ws.on('error', () => {});
  return socket;
}

async function refusedBy(response: IncomingMessage): Promise<SocketRefused> {
  const { statusCode = 0, headers } = response;
  const body = await text(response);
  const isJson = /[/+]json\b/i.test(headers['content-type'] ?? '');
  return new SocketRefused(statusCode, headers, isJson ? JSON.parse(body) : body);
}
