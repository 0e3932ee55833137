import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { IncomingRequest, takeBody } from '../fast/incoming-request.ts';
import { HttpError } from '../request/http-error.ts';
import { dropRest, mostDropped } from './drop-rest.ts';

/** Called once: with the bytes, or with why there are none. */
export type BytesRead = (error: HttpError | undefined, bytes: Buffer) => void;

/**
 * Reads a body whole, up to `limit` bytes: 413 as soon as the limit is passed, 400 when the client broke off. It calls back, as a promise
 * for each body would cost more than reading it.
 *
 * @param raw The request; a body that is not the request itself, as a plugin unpacks it for example, has another length than declared.
 */
export function readBytes(payload: Readable, raw: IncomingMessage, limit: number, done: BytesRead): void {
  const declared = raw.headers['content-length'];
  const length = Number(declared);
  if (length > limit) done(tooLarge(limit, length <= mostDropped), empty);
  else if (length === 0) done(undefined, empty);
  else if (declared === undefined || payload !== raw || !takeDeclared(payload, done))
    readUntilEnd(payload, raw, limit, done);
}

/** {@link readBytes}, as a promise. */
export function bytesOf(payload: Readable, raw: IncomingMessage, limit: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    readBytes(payload, raw, limit, (error, bytes) => (error === undefined ? resolve(bytes) : reject(error)));
  });
}

function takeDeclared(payload: Readable, done: BytesRead): boolean {
  if (!(payload instanceof IncomingRequest)) return false;
  return takeBody(payload, (bytes) => {
    if (bytes === undefined) done(incomplete(), empty);
    else done(undefined, bytes);
  });
}

function readUntilEnd(payload: Readable, raw: IncomingMessage, limit: number, done: BytesRead): void {
  const chunks: Buffer[] = [];
  let size = 0;
  let isDone = false;
  const finish = (error: HttpError | undefined, bytes: Buffer = empty): void => {
    if (isDone) return;
    isDone = true;
    done(error, bytes);
  };
  const onData = (chunk: Buffer): void => {
    size += chunk.length;
    if (size <= limit) {
      chunks.push(chunk);
      return;
    }
    payload.off('data', onData);
    const isDropped = payload === raw && raw.httpVersionMajor === 1;
    if (isDropped) dropRest(raw);
    else payload.pause();
    finish(tooLarge(limit, isDropped));
  };
  payload.on('data', onData);
  // A stream of HTTP/2 that was reset without an error ends as if it were whole.
  payload.on('end', () => (raw.aborted ? finish(incomplete()) : finish(undefined, Buffer.concat(chunks, size))));
  payload.on('error', () => finish(unreadable(payload !== raw && !raw.complete)));
  payload.on('close', () => {
    if (!isDone) finish(incomplete());
  });
  // A listener alone leaves a stream paused that a plugin has paused.
  payload.resume();
}

const empty = Buffer.alloc(0);

function incomplete(): HttpError {
  return new HttpError(400, 'The body is not complete');
}

// What unpacks a body breaks off its request when it fails: what is still to come of it would never be read.
function unreadable(breaksOff: boolean): HttpError {
  const headers: Readonly<Record<string, string>> = breaksOff ? { connection: 'close' } : {};
  return new HttpError(400, 'There was an error parsing the body', { headers });
}

// Node drops what is left of a body that nobody has touched, as after a 401.
function tooLarge(limit: number, isDropped: boolean): HttpError {
  const headers: Readonly<Record<string, string>> = isDropped ? {} : { connection: 'close' };
  return new HttpError(413, `The body is larger than ${limit} bytes`, { headers });
}
