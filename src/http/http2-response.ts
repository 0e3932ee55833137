import { constants, Http2ServerResponse, type OutgoingHttpHeaders } from 'node:http2';

// They speak of a connection, which the streams of HTTP/2 share (RFC 9113, 8.2.2). Node warns of the first and breaks off at the others.
const ofConnections: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
]);

/** An answer over HTTP/2 that takes the headers of HTTP/1, and does not look whole where it was broken off. */
export class Http2Response extends Http2ServerResponse {
  override setHeader(name: string, value: number | string | readonly string[]): void {
    if (!ofConnections.has(name.toLowerCase())) super.setHeader(name, value);
  }

  override writeHead(status: number, ...more: readonly unknown[]): this {
    const headers = more.at(-1);
    if (headers === undefined || typeof headers === 'string') return super.writeHead(status);
    if (Array.isArray(headers)) return super.writeHead(status, headers as never);
    const kept = Object.entries(headers as OutgoingHttpHeaders).filter(
      ([name]) => !ofConnections.has(name.toLowerCase()),
    );
    return super.writeHead(status, Object.fromEntries(kept));
  }

  // Node ends the stream as if all had been sent.
  override destroy(error?: Error): this {
    if (!this.writableFinished) this.stream?.close(constants.NGHTTP2_INTERNAL_ERROR);
    return super.destroy(error);
  }
}
