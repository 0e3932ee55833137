import type { ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { nodeHttp } from '../../base/node-http.ts';
import type { FastPath } from './fast-paths.ts';

/** What `ServerResponse` has, and its types leave out. */
interface Inside {
  _header: string | null;
  readonly _keepAliveTimeout: number;
  readonly _maxRequestsPerSocket: number | null | undefined;
  readonly _removedConnection: boolean;
  readonly _expect_continue?: boolean;
  readonly maxRequestsOnConnectionReached?: boolean;
}

/** A head as Node wrote it, around the two values that change. */
interface KnownHead {
  readonly toLength: string;
  readonly toDate: string;
  readonly rest: string;
  readonly message: string;
  readonly keepAliveTimeout: number;
  readonly maxRequests: number | null | undefined;
}

// The first header is the length, the last one of the answer's own is followed by Node's.
const shape =
  /^(HTTP\/1\.1 \d{3} [^\r]*\r\ncontent-length: )\d+(\r\n[\s\S]*\r\nDate: )\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT(\r\nConnection: keep-alive\r\n(?:Keep-Alive: timeout=\d+(?:, max=\d+)?\r\n)?\r\n)$/;

/** What of Node's HTTP it is tried with. */
export type HeadParts = Pick<typeof nodeHttp, 'IncomingMessage' | 'ServerResponse'>;

/**
 * Leans on `_header`, which Node sends ahead of a body, and on the fields by which it chooses what stands there. Seen with Node 24.21, 25.9
 * and 26.10. Worth 0.8 to 1.3 of 16 µs of a small GET over a socket.
 */
export const knownHeads: FastPath<HeadParts> = {
  name: 'known heads',
  of: 'Node',
  majors: [24, 25, 26],
  lacks: (parts) => {
    const bare = madeBy(parts);
    const missing = inside.find((field) => !(field in bare));
    if (missing !== undefined) return `a ServerResponse has no ${missing}`;
    const [first, response, byNode] = [bare, madeBy(parts), madeBy(parts)].map(servedLong) as [Made, Made, Made];
    const heads = new KnownHeads(sample);
    heads.write(first, 200, 1);
    heads.write(response, 200, 12);
    byNode.writeHead(200, ['content-length', '12', ...Object.entries(sample).flat()]);
    const [ours, nodes] = [response, byNode].map(({ _header }) => _header?.replace(/Date: [^\r]*/, ''));
    return ours !== undefined && ours === nodes && ours.includes(kept) ? undefined : `its head is ${nodes}`;
  },
};

const inside = ['_header', '_keepAliveTimeout', '_removedConnection', '_expect_continue'] as const;
const sample = { 'content-type': 'application/json' };
const kept = 'Keep-Alive: timeout=5, max=3\r\n';

type Made = ServerResponse & Inside;

function madeBy({ IncomingMessage, ServerResponse }: HeadParts): Made {
  const request = new IncomingMessage(new Socket());
  return new ServerResponse(Object.assign(request, { httpVersionMajor: 1, httpVersionMinor: 1 })) as Made;
}

// As Node's server marks them.
function servedLong(response: Made): Made {
  return Object.assign(response, { _keepAliveTimeout: 5000, _maxRequestsPerSocket: 3 });
}

// Tracers and `on-headers` put a method of their own in its place, and hear of every head by it.
const { writeHead } = nodeHttp.ServerResponse.prototype;
const isNodes = Function.prototype.toString.call(writeHead).includes('ERR_HTTP_HEADERS_SENT');

/**
 * Heads of answers that differ in nothing but their status, length and date. Node checks and joins the same headers for every answer,
 * which takes a twentieth of the time of a small request; here it does so once for each status, and what it wrote is used again for
 * responses of which it would write the same.
 */
export class KnownHeads {
  readonly #headers: readonly string[];
  readonly #byStatus = new Map<number, KnownHead>();

  /** @param headers Names and values; neither `date`, `connection` nor `content-length` among them. */
  constructor(headers: Readonly<Record<string, string>>) {
    this.#headers = Object.entries(headers).flat();
  }

  write(raw: ServerResponse, status: number, length: number): void {
    const response = raw as ServerResponse & Inside;
    const canBeKnown = isUsual(response);
    const known = canBeKnown ? this.#byStatus.get(status) : undefined;
    if (
      known !== undefined &&
      known.keepAliveTimeout === response._keepAliveTimeout &&
      known.maxRequests === response._maxRequestsPerSocket
    ) {
      raw.statusCode = status;
      raw.statusMessage = known.message;
      response._header = known.toLength + length + known.toDate + httpDate() + known.rest;
      return;
    }
    raw.writeHead(status, ['content-length', String(length), ...this.#headers]);
    if (canBeKnown) this.#learn(response, status);
  }

  #learn(response: ServerResponse & Inside, status: number): void {
    const parts = shape.exec(response._header ?? '');
    if (parts === null) return;
    const [, toLength, toDate, rest] = parts as unknown as [string, string, string, string];
    this.#byStatus.set(status, {
      toLength,
      toDate,
      rest,
      message: response.statusMessage,
      keepAliveTimeout: response._keepAliveTimeout,
      maxRequests: response._maxRequestsPerSocket,
    });
  }
}

// Whether nobody has a say in the head but the server itself, and the connection stays.
function isUsual(response: ServerResponse & Inside): boolean {
  return (
    isNodes &&
    response.writeHead === writeHead &&
    response.shouldKeepAlive &&
    response.maxRequestsOnConnectionReached !== true &&
    response.sendDate &&
    !response.strictContentLength &&
    !response._removedConnection &&
    response._expect_continue !== true &&
    response.statusMessage === undefined &&
    !response.headersSent &&
    response.getHeaderNames().length === 0
  );
}

let second = 0;
let date = '';

// RFC 9110, 5.6.7.
function httpDate(): string {
  const now = Math.floor(Date.now() / 1000);
  if (now !== second) {
    second = now;
    date = new Date(now * 1000).toUTCString();
  }
  return date;
}
