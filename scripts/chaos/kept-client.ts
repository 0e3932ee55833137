import { Agent, type IncomingMessage, request } from 'node:http';

/** How a request ended: with a whole answer, or why there was none. */
export type Ending =
  | { readonly kind: 'answered'; readonly status: number; readonly text: string; readonly wasKept: boolean }
  /** Nobody listens. */
  | { readonly kind: 'refused' }
  /** The connection broke before an answer began. */
  | { readonly kind: 'reset'; readonly wasKept: boolean; readonly why: string }
  /** It broke within the answer. */
  | { readonly kind: 'half'; readonly wasKept: boolean }
  | { readonly kind: 'never' };

// Nobody is promised an answer sooner; what takes longer counts as one that never came.
const patience = 15_000;

/** A client that keeps its one connection for as long as the server does, and tells the ways apart in which a request can end. */
export class KeptClient implements Disposable {
  readonly #address: string;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });

  constructor(address: string) {
    this.#address = address;
  }

  send(method: 'GET' | 'POST', path: string, value?: unknown): Promise<Ending> {
    const { promise, resolve } = Promise.withResolvers<Ending>();
    const text = value === undefined ? undefined : JSON.stringify(value);
    const sent = request(`${this.#address}${path}`, {
      method,
      agent: this.#agent,
      timeout: patience,
      ...(text !== undefined && {
        headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) },
      }),
    });
    sent.once('timeout', () => {
      resolve({ kind: 'never' });
      sent.destroy();
    });
    sent.once('error', (error: NodeJS.ErrnoException) => {
      const why = error.code ?? error.message;
      resolve(why === 'ECONNREFUSED' ? { kind: 'refused' } : { kind: 'reset', wasKept: sent.reusedSocket, why });
    });
    sent.once('response', (response) => {
      void read(response).then(
        (read) => resolve({ kind: 'answered', status: response.statusCode!, text: read, wasKept: sent.reusedSocket }),
        () => resolve({ kind: 'half', wasKept: sent.reusedSocket }),
      );
    });
    sent.end(text);
    return promise;
  }

  [Symbol.dispose](): void {
    this.#agent.destroy();
  }
}

async function read(response: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of response.setEncoding('utf8')) text += chunk;
  return text;
}
