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
    const chunks: Buffer[] = [];
    let size = 0;
    const onData = (chunk: Buffer): void => {
      size += chunk.length;
      if (size <= limit) chunks.push(chunk);
      else {
        payload.off('data', onData);
        payload.pause();
        reject(tooLarge(limit));
      }
    };
    payload.on('data', onData);
    payload.once('end', () => resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)));
    payload.once('error', () => reject(new HttpError(400, 'There was an error parsing the body')));
    payload.once('close', () => reject(new HttpError(400, 'The body is not complete')));
  });
}

// The rest of the body is not read, so the connection cannot serve another request.
function tooLarge(limit: number): HttpError {
  return new HttpError(413, `The body is larger than ${limit} bytes`, { headers: { connection: 'close' } });
}
