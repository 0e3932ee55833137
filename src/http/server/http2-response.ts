import { constants, Http2ServerResponse } from 'node:http2';
import { nodeHttp } from '../../base/node-http.ts';

type HeaderValue = number | string | readonly string[];

// They speak of a connection, which the streams of HTTP/2 share (RFC 9113, 8.2.2). Node warns of the first and breaks off at the others.
const ofConnections: ReadonlySet<string> = new Set([
  'connection',
  'http2-settings',
  'keep-alive',
  'proxy-connection',
  'te',
  'transfer-encoding',
  'upgrade',
]);

/** An answer over HTTP/2 that takes what one over HTTP/1 takes, and does not look whole where it was broken off. */
export class Http2Response extends Http2ServerResponse {
  static {
    // Node's has neither, though its types say so; TypeScript knows them as properties, which no accessor may override.
    for (const name of ['closed', 'destroyed'])
      Object.defineProperty(Http2Response.prototype, name, {
        configurable: true,
        get(this: Http2Response): boolean {
          return this.stream.destroyed;
        },
      });
  }

  override setHeader(name: string, value: HeaderValue): this {
    const field = fieldOf(name, value);
    if (field !== undefined) super.setHeader(name, field);
    return this;
  }

  override appendHeader(name: string, value: string | readonly string[]): this {
    const field = fieldOf(name, value);
    // Node would refuse the second of many headers.
    if (field !== undefined) this.setHeader(name, [this.getHeader(name) ?? [], field].flat() as string[]);
    return this;
  }

  override writeHead(status: number, ...more: readonly unknown[]): this {
    const headers = more.at(-1);
    if (typeof headers === 'object' && headers !== null)
      for (const [name, value] of pairsOf(headers)) this.setHeader(name, value);
    return super.writeHead(status);
  }

  // Of a request that was read in part nobody reads the rest, and its stream would stay open. Node's client and server take a reset after the
  // end of an answer for what it is, a word to stop sending (RFC 9113, 8.1); before it, the answer would be lost.
  override end(...more: readonly unknown[]): this {
    const { stream, req } = this;
    super.end(...(more as []));
    if (!stream.endAfterHeaders && !req.readableEnded)
      stream.once('wantTrailers', () =>
        setImmediate(() => {
          if (!req.readableEnded) stream.close(constants.NGHTTP2_NO_ERROR);
        }),
      );
    return this;
  }

  // Node ends the stream as if all had been sent.
  override destroy(error?: Error): this {
    if (!this.writableFinished) this.stream.close(constants.NGHTTP2_INTERNAL_ERROR);
    return super.destroy(error);
  }
}

/** What stands for a header in HTTP/2, checked as HTTP/1 does; `undefined` where nothing does. */
function fieldOf(name: string, value: HeaderValue): string | string[] | undefined {
  nodeHttp.validateHeaderName(name);
  const values = (Array.isArray(value) ? value : [value]).map(String);
  for (const one of values) nodeHttp.validateHeaderValue(name, one);
  const lower = name.toLowerCase();
  if (ofConnections.has(lower)) return undefined;
  // Several lines of one header mean what a list in one does, but for cookies (RFC 9110, 5.3); Node has one line for many.
  return lower === 'set-cookie' ? values : values.join(', ');
}

function pairsOf(headers: object): readonly (readonly [string, HeaderValue])[] {
  if (!Array.isArray(headers)) return Object.entries(headers).filter(([, value]) => value !== undefined);
  if (Array.isArray(headers[0])) return headers as [string, HeaderValue][];
  const pairs: [string, HeaderValue][] = [];
  for (let at = 0; at + 1 < headers.length; at += 2)
    pairs.push([headers[at] as string, headers[at + 1] as HeaderValue]);
  return pairs;
}
