import type { Http2ServerRequest } from 'node:http2';
import type { Readable } from 'node:stream';
import type { FastifyRequest } from 'fastify';

/** The body of a request as a stream, unpacked where a plugin did that; `undefined` where none was announced. */
export function payloadOf({ body, raw }: FastifyRequest): Readable | undefined {
  if (body !== undefined && body !== null) return body as Readable;
  const { headers } = raw;
  const isAnnounced =
    headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined || isOpenStream(raw);
  return isAnnounced ? raw : undefined;
}

// HTTP/2 announces a body by not ending the stream with the head.
function isOpenStream(raw: FastifyRequest['raw']): boolean {
  return raw.httpVersionMajor === 2 && !(raw as unknown as Http2ServerRequest).stream.endAfterHeaders;
}
