import { Http2ServerRequest, type IncomingHttpHeaders } from 'node:http2';

const { get: headersOf } = Object.getOwnPropertyDescriptor(Http2ServerRequest.prototype, 'headers')!;
const { get: rawHeadersOf } = Object.getOwnPropertyDescriptor(Http2ServerRequest.prototype, 'rawHeaders')!;

/**
 * A request over HTTP/2 whose headers are those that HTTP/1 would have: no pseudo-headers, and `:authority` as `host` (RFC 9113, 8.3.1;
 * ASGI's HTTP scope likewise).
 */
export class Http2Request extends Http2ServerRequest {
  #headers: IncomingHttpHeaders | undefined;
  #rawHeaders: readonly string[] | undefined;

  static {
    // TypeScript knows them as properties, which no accessor may override.
    Object.defineProperties(Http2Request.prototype, {
      headers: {
        configurable: true,
        get(this: Http2Request): IncomingHttpHeaders {
          this.#headers ??= likeHttp1(headersOf!.call(this) as IncomingHttpHeaders);
          return this.#headers;
        },
      },
      rawHeaders: {
        configurable: true,
        get(this: Http2Request): readonly string[] {
          this.#rawHeaders ??= rawLikeHttp1(rawHeadersOf!.call(this) as readonly string[]);
          return this.#rawHeaders;
        },
      },
    });
  }
}

function likeHttp1(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  const plain = Object.entries(headers).filter(([name]) => !name.startsWith(':'));
  const { ':authority': authority } = headers;
  return Object.fromEntries(authority === undefined ? plain : [['host', authority], ...plain.filter(isNoHost)]);
}

function rawLikeHttp1(headers: readonly string[]): readonly string[] {
  const fields: (readonly [string, string])[] = [];
  for (let at = 0; at + 1 < headers.length; at += 2) fields.push([headers[at]!, headers[at + 1]!]);
  const authority = fields.find(([name]) => name === ':authority');
  const plain = fields.filter(([name]) => !name.startsWith(':'));
  return (authority === undefined ? plain : [['host', authority[1]], ...plain.filter(isNoHost)]).flat();
}

function isNoHost([name]: readonly [string, unknown]): boolean {
  return name.toLowerCase() !== 'host';
}
