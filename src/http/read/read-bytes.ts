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
  if (Number(declared) === 0) done(undefined, empty);
  else if (declared === undefined || payload !== raw || Number(declared) > limit || !takeDeclared(payload, done))
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
  followBytes(payload, raw, limit, {
    next: (chunk) => void chunks.push(chunk),
    done: (error) => done(error, error === undefined ? Buffer.concat(chunks) : empty),
  });
}

/** Who takes a body piece by piece. */
export interface BytesFollower {
  next(chunk: Buffer): void;
  /** Called once: at the end, or with why there is none. */
  done(error: HttpError | undefined): void;
}

/**
 * Reads a body piece by piece, up to `limit` bytes, with the errors of {@link readBytes}.
 *
 * @returns what stops reading it; what is still to come is dropped, or, where that cannot be, `connection: close` has to be said.
 */
export function followBytes(
  payload: Readable,
  raw: IncomingMessage,
  limit: number,
  follower: BytesFollower,
): () => Readonly<Record<string, string>> {
  const declared = Number(raw.headers['content-length']);
  if (declared > limit) {
    follower.done(tooLarge(limit, declared <= mostDropped ? {} : closing));
    return () => ({});
  }
  let size = 0;
  let isDone = false;
  const finish = (error?: HttpError): void => {
    if (isDone) return;
    isDone = true;
    follower.done(error);
  };
  const onData = (chunk: Buffer): void => {
    size += chunk.length;
    if (size <= limit) follower.next(chunk);
    else finish(tooLarge(limit, leave()));
  };
  const leave = (): Readonly<Record<string, string>> => {
    payload.off('data', onData);
    if (raw.complete) return {};
    if (payload !== raw || raw.httpVersionMajor !== 1) {
      payload.pause();
      return closing;
    }
    dropRest(raw);
    payload.resume();
    return {};
  };
  payload.on('data', onData);
  // A stream of HTTP/2 that was reset without an error ends as if it were whole.
  payload.on('end', () => finish(raw.aborted ? incomplete() : undefined));
  payload.on('error', () => finish(unreadable(payload !== raw && !raw.complete)));
  payload.on('close', () => finish(incomplete()));
  // A listener alone leaves a stream paused that a plugin has paused.
  payload.resume();
  return () => {
    if (isDone) return {};
    isDone = true;
    return leave();
  };
}

const closing: Readonly<Record<string, string>> = { connection: 'close' };

const empty = Buffer.alloc(0);

function incomplete(): HttpError {
  return new HttpError(400, 'The body is not complete');
}

// What unpacks a body breaks off its request when it fails: what is still to come of it would never be read.
function unreadable(breaksOff: boolean): HttpError {
  return new HttpError(400, 'There was an error parsing the body', { headers: breaksOff ? closing : {} });
}

// Node drops what is left of a body that nobody has touched, as after a 401.
function tooLarge(limit: number, headers: Readonly<Record<string, string>>): HttpError {
  return new HttpError(413, `The body is larger than ${limit} bytes`, { headers });
}
