import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { HttpError } from '../request/http-error.ts';

/**
 * Refuses a body that says to be too large. One of unknown length is counted as it comes.
 *
 * @throws HttpError 413.
 */
export function refuseLarge({ headers }: IncomingMessage, limit: number): void {
  if (Number(headers['content-length'] ?? 0) > limit) throw tooLarge(limit);
}

/** The pieces of a body up to `limit` bytes; then the error that {@link refuseLarge} throws. It is read no faster than it is asked for. */
export async function* upTo(
  limit: number,
  body: Readable,
  exceeded: (error: HttpError) => void,
): AsyncGenerator<Buffer> {
  let size = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > limit) {
      const error = tooLarge(limit);
      exceeded(error);
      throw error;
    }
    yield chunk;
  }
}

/**
 * Counts the body of a request that somebody else reads, and keeps back what is over the limit.
 *
 * @param exceeded Called once, as the limit is passed.
 */
export function countBody(raw: IncomingMessage, limit: number, exceeded: (error: HttpError) => void): void {
  if (limit === Number.POSITIVE_INFINITY || raw.headers['content-length'] !== undefined) return;
  let size = 0;
  const { push } = raw;
  // Node's servers hand each piece to `push()`, which is a stream's own.
  raw.push = function (this: IncomingMessage, chunk: Buffer | null, ...rest: [encoding?: BufferEncoding]): boolean {
    const before = size;
    size += chunk?.length ?? 0;
    if (size <= limit) return push.call(this, chunk, ...rest);
    if (before <= limit) exceeded(tooLarge(limit));
    return false;
  };
}

function tooLarge(limit: number): HttpError {
  return new HttpError(413, `The body is larger than ${limit} bytes`, { headers: { connection: 'close' } });
}
