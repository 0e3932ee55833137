import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { HttpError } from '../http-error.ts';

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
  if (Number(declared) > limit) done(tooLarge(limit), empty);
  else if (declared !== undefined && payload === raw) readDeclared(payload, Number(declared), done);
  else readUntilEnd(payload, limit, done);
}

/** {@link readBytes}, as a promise. */
export function bytesOf(payload: Readable, raw: IncomingMessage, limit: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    readBytes(payload, raw, limit, (error, bytes) => (error === undefined ? resolve(bytes) : reject(error)));
  });
}

// Node lets no more bytes through than were declared, so nothing needs to be counted; and without a listener for it a request emits no
// error, only 'close'. Whoever answers before 'end' makes Node take the listeners off again, which costs more than waiting for it.
function readDeclared(payload: Readable, length: number, done: BytesRead): void {
  if (length === 0) {
    done(undefined, empty);
    return;
  }
  let bytes: Buffer = empty;
  let chunks: Buffer[] | undefined;
  let isDone = false;
  payload.on('data', (chunk: Buffer) => {
    // Most bodies arrive in one piece, which then needs neither a list nor a copy.
    if (bytes === empty) bytes = chunk;
    else (chunks ??= [bytes]).push(chunk);
  });
  payload.on('end', () => {
    isDone = true;
    done(undefined, chunks === undefined ? bytes : Buffer.concat(chunks));
  });
  payload.on('close', () => {
    if (!isDone) done(incomplete(), empty);
  });
}

function readUntilEnd(payload: Readable, limit: number, done: BytesRead): void {
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
    payload.pause();
    finish(tooLarge(limit));
  };
  payload.on('data', onData);
  payload.on('end', () => finish(undefined, Buffer.concat(chunks, size)));
  payload.on('error', () => finish(new HttpError(400, 'There was an error parsing the body')));
  payload.on('close', () => {
    if (!isDone) finish(incomplete());
  });
}

const empty = Buffer.alloc(0);

function incomplete(): HttpError {
  return new HttpError(400, 'The body is not complete');
}

// The rest of the body is not read, so the connection cannot serve another request.
function tooLarge(limit: number): HttpError {
  return new HttpError(413, `The body is larger than ${limit} bytes`, { headers: { connection: 'close' } });
}
