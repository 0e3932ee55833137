import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { handedOn, noteHandedOn } from './root-path.ts';

// Node passes over a second one of these, https://nodejs.org/api/http.html#messageheaders.
const onlyOnce: ReadonlySet<string> = new Set([
  ...['age', 'authorization', 'content-length', 'content-type', 'etag', 'expires', 'from', 'host', 'if-modified-since'],
  ...[
    'if-unmodified-since',
    'last-modified',
    'location',
    'max-forwards',
    'proxy-authorization',
    'referer',
    'retry-after',
  ],
  ...['server', 'user-agent'],
]);

const separator = '\0';

/**
 * What a web socket keeps of the request that it was: what it said, in one text, as thousands are open for hours. Node's own holds its stream, its
 * parsed headers and the answer as well.
 */
export class KeptRequest {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly httpVersion: string;
  readonly socket: Socket;
  readonly #head: string;

  constructor(raw: IncomingMessage) {
    this.method = raw.method;
    this.url = raw.url;
    this.httpVersion = raw.httpVersion;
    this.socket = raw.socket;
    // No header can have a NUL. Joined and read back, it is one flat text.
    this.#head = Buffer.from(raw.rawHeaders.join(separator), 'latin1').toString('latin1');
    const told = handedOn(raw);
    if (told !== undefined) noteHandedOn(this as unknown as IncomingMessage, told);
  }

  get rawHeaders(): string[] {
    return this.#head.split(separator);
  }

  /** By name, in lower case; of what was sent twice all of it, or the first, as Node has it. */
  get headers(): IncomingMessage['headers'] {
    const headers: Record<string, string> = {};
    const raw = this.rawHeaders;
    for (let at = 0; at + 1 < raw.length; at += 2) {
      const name = raw[at]!.toLowerCase();
      if (!Object.hasOwn(headers, name)) headers[name] = raw[at + 1]!;
      else if (!onlyOnce.has(name)) headers[name] += `${name === 'cookie' ? '; ' : ', '}${raw[at + 1]}`;
    }
    return headers;
  }
}
