import { readFileSync } from 'node:fs';
import { WebSocket } from 'ws';
import { sendRequest } from '../support/send-request.ts';
import { AgreementTable, normalize } from './agreement.ts';
import { sockets } from './apps/sockets.ts';
import { readDifferences, type SocketDifference } from './differences.ts';
import { Replay } from './replay.ts';

interface Saw {
  readonly status?: number;
  readonly body?: unknown;
  readonly subprotocol?: string | null;
  readonly text?: string;
  readonly base64?: string;
  readonly code?: number;
  readonly reason?: string;
}

interface Step {
  readonly do: 'open' | 'send' | 'bytes' | 'hear' | 'close' | 'get';
  readonly who?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly subprotocols?: readonly string[];
  readonly text?: string;
  readonly base64?: string;
  readonly code?: number;
  readonly reason?: string;
  /** What the client of FastAPI saw. */
  readonly saw: Saw;
}

const recorded = JSON.parse(readFileSync(new URL('sockets.json', import.meta.url), 'utf8')) as {
  readonly cases: Readonly<Record<string, Readonly<Record<string, readonly Step[]>>>>;
};

const longestWait = 5_000;

/** A client that keeps what it has seen until somebody asks. */
class Client {
  readonly #socket: WebSocket;
  readonly #seen: Saw[] = [];
  #tell: (() => void) | undefined;

  constructor(url: string, headers: Readonly<Record<string, string>>) {
    this.#socket = new WebSocket(url, { headers, perMessageDeflate: false });
    this.#socket
      .on('open', () => this.#see({ status: 101, subprotocol: this.#socket.protocol || null }))
      .on('unexpected-response', (_, response) => {
        this.#see({ status: response.statusCode! });
        response.destroy();
      })
      .on('message', (data, isBinary) => {
        const bytes = data as Buffer;
        this.#see(isBinary ? { base64: bytes.toString('base64') } : { text: bytes.toString() });
      })
      .on('close', (code, reason) => this.#see({ code, reason: reason.toString() }))
      .on('error', () => {});
  }

  #see(saw: Saw): void {
    this.#seen.push(saw);
    this.#tell?.();
  }

  async next(): Promise<Saw> {
    if (this.#seen.length === 0) {
      const told = Promise.withResolvers<void>();
      const late = setTimeout(() => told.reject(new Error('the client has seen nothing more')), longestWait);
      this.#tell = told.resolve;
      await told.promise.finally(() => clearTimeout(late));
    }
    return this.#seen.shift()!;
  }

  send(data: string | Buffer): void {
    this.#socket.send(data);
  }

  close(code: number, reason: string): void {
    this.#socket.close(code, reason);
  }

  end(): void {
    this.#socket.terminate();
  }
}

class Clients {
  readonly #address: string;
  readonly #open = new Map<string, Client>();

  constructor(address: string) {
    this.#address = address;
  }

  /** Does one step; resolves to what the client saw, `undefined` where there is nothing to see. */
  async do(step: Step): Promise<Saw | undefined> {
    const { who = 'a', path = '' } = step;
    if (step.do === 'get') {
      const response = await sendRequest(this.#address, path, { method: 'GET' });
      return { status: response.status, body: response.json() };
    }
    if (step.do === 'open') {
      // As a header, since ws refuses a server that speaks none of the subprotocols, and Python's client does not.
      const offered = step.subprotocols && { 'sec-websocket-protocol': step.subprotocols.join(', ') };
      const client = new Client(this.#address.replace('http', 'ws') + path, { ...step.headers, ...offered });
      this.#open.set(who, client);
      return await client.next();
    }
    const client = this.#open.get(who)!;
    if (step.do === 'hear') return await client.next();
    if (step.do === 'close') {
      client.close(step.code!, step.reason!);
      return await client.next();
    }
    client.send(step.do === 'send' ? step.text! : Buffer.from(step.base64!, 'base64'));
    return undefined;
  }

  end(): void {
    for (const client of this.#open.values()) client.end();
  }
}

const kinds = { open: 'handshakes', hear: 'messages', close: 'closes', get: 'plain GETs' } as const;

// The body of a refused handshake is empty there, and says what was wrong here.
const seenOf = ({ body, ...saw }: Saw, step: Step): unknown => normalize(step.do === 'get' ? { ...saw, body } : saw);

async function replayCase(app: string, name: string, replay: Replay<SocketDifference>): Promise<void> {
  const make = sockets[app];
  if (make === undefined) throw new Error(`${app} is recorded, but not written in apps/sockets.ts`);
  await using served = make();
  const clients = new Clients(await served.listen({ port: 0 }));
  try {
    for (const [at, step] of recorded.cases[app]![name]!.entries()) {
      const saw = await clients.do(step);
      if (saw === undefined) continue;
      const kind = step.do === 'hear' && 'code' in step.saw ? 'closes' : kinds[step.do as keyof typeof kinds];
      const same = JSON.stringify(seenOf(saw, step)) === JSON.stringify(seenOf(step.saw, step));
      replay.add(
        `${app}, ${kind}`,
        { status: same, type: same, loc: same, msg: same },
        (difference) => difference.app === app && difference.case === name && difference.step === at,
        () =>
          `${app}, ${name}, step ${at} (${step.do})\n  FastAPI ${JSON.stringify(step.saw)}\n  Cortado ${JSON.stringify(saw)}`,
      );
    }
  } finally {
    clients.end();
  }
}

/** Does all recorded steps again with the same applications, written in Cortado. */
export async function replaySockets(): Promise<Replay<SocketDifference>> {
  const replay = new Replay(readDifferences().sockets, new AgreementTable({ agree: 'status' }));
  for (const [app, cases] of Object.entries(recorded.cases))
    for (const name of Object.keys(cases)) await replayCase(app, name, replay);
  return replay;
}
