import type { Readable } from 'node:stream';
import type { FastifyRequest } from 'fastify';

/** The body of a request as a stream, unpacked where a plugin did that; `undefined` where none was announced. */
export function payloadOf({ body, raw }: FastifyRequest): Readable | undefined {
  if (body !== undefined && body !== null) return body as Readable;
  const { headers } = raw;
  const isAnnounced = headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined;
  return isAnnounced ? raw : undefined;
}
