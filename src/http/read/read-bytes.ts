import type { Readable } from 'node:stream';
import { HttpError } from '../http-error.ts';

/**
 * Reads a body whole, up to `limit` bytes.
 *
 * @throws HttpError 413 as soon as the limit is passed, and 400 when the client broke off.
 */
export function readBytes(payload: Readable, declaredLength: string | undefined, limit: number): Promise<Buffer> {
  if (Number(declaredLength) > limit) return Promise.reject(tooLarge(limit));
  return new Promise((resolve, reject) => {
    // Most bodies arrive in one piece, which then needs neither a list nor a copy.
    let first: Buffer | undefined;
    let chunks: Buffer[] | undefined;
    let size = 0;
    let ended = false;
    const onData = (chunk: Buffer): void => {
      size += chunk.length;
      if (size > limit) {
        payload.off('data', onData);
        payload.pause();
        reject(tooLarge(limit));
      } else if (first === undefined) first = chunk;
      else (chunks ??= [first]).push(chunk);
    };
    payload.on('data', onData);
    payload.on('end', () => {
      ended = true;
      resolve(chunks === undefined ? (first ?? empty) : Buffer.concat(chunks));
    });
    payload.on('error', () => reject(new HttpError(400, 'There was an error parsing the body')));
    // 'close' follows every 'end' as well, and an error for nobody would cost more than the whole body.
    payload.on('close', () => {
      if (!ended) reject(new HttpError(400, 'The body is not complete'));
    });
  });
}

const empty = Buffer.alloc(0);

// The rest of the body is not read, so the connection cannot serve another request.
function tooLarge(limit: number): HttpError {
  return new HttpError(413, `The body is larger than ${limit} bytes`, { headers: { connection: 'close' } });
}
