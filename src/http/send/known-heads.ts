import type { ServerResponse } from 'node:http';
import { nodeHttp } from '../../base/node-http.ts';

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

  /** Writes the head of an answer. */
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
