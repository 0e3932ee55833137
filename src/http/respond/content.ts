import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import { refusePromise } from '../../base/not-awaited.ts';
import type { Media } from '../../declare/route/media.ts';
import type { Route } from '../../declare/route/route.ts';
import { isIterable, type Steps, walkSteps } from '../streams/walk-steps.ts';
import { type Answer, safeHeaders } from './answer.ts';
import { notWhatItSaid } from './not-what-it-said.ts';

export function contentResponder(route: Route, { mediaType }: Media<unknown>): (value: unknown) => Promise<Answer> {
  const headers = { 'content-type': withCharset(mediaType), ...safeHeaders };
  return async (value) => {
    const body = await bodyOf(value);
    if (body === undefined) throw notWhatItSaid(route, 'content()', 'a text, bytes or a stream');
    return { status: undefined, headers, body };
  };
}

function withCharset(mediaType: string): string {
  return mediaType.startsWith('text/') && !/;\s*charset=/i.test(mediaType) ? `${mediaType}; charset=utf-8` : mediaType;
}

async function bodyOf(value: unknown): Promise<Answer['body']> {
  if (typeof value === 'string' || Buffer.isBuffer(value) || value instanceof Readable) return value;
  if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  if (value instanceof globalThis.ReadableStream) return Readable.fromWeb(value as ReadableStream);
  if (!isIterable(value)) return undefined;
  const steps = walkSteps(value);
  // Before the first byte an error can still have a status.
  return Readable.from(chunks(steps, await steps.next()));
}

/** The texts and bytes that a handler yields. */
async function* chunks(steps: Steps, first: IteratorResult<unknown>): AsyncGenerator<string | Buffer> {
  try {
    for (let step = first; step.done !== true; step = await steps.next()) yield chunkOf(step.value);
  } finally {
    steps.end();
  }
}

function chunkOf(value: unknown): string | Buffer {
  if (typeof value === 'string') return value;
  if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  refusePromise('content(): an item of the stream', value);
  throw new TypeError(`A stream of content must yield texts or bytes, not ${typeof value}.`);
}
