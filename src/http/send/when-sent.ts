import type { Http2ServerResponse } from 'node:http2';
import { finished, type Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';
import { thrownError } from '../request/log-thrown.ts';
import { type Failure, noteFailure, type Sending } from './sending.ts';

/**
 * Follows the stream of an answer until its last byte has left, and resolves to why it did not. A plugin's hook may put another stream in
 * its place, which is then the one that is sent: the end of the first tells nothing about the answer.
 *
 * @param whyCut Why the connection was closed before, where no stream failed.
 */
export function whenSent(sending: Sending, body: Readable, whyCut: () => unknown): Promise<Failure | undefined> {
  const { raw } = sending.reply;
  let sent: Readable | undefined;
  // A plain `pipe()` tells nobody that its source has failed. Fastify hears of it from the stream that it sends.
  const passOn = (): void => {
    const { failure } = sending;
    if (failure !== undefined && sent !== undefined && sent !== body) sent.destroy(thrownError(failure.error));
  };
  const watch = (stream: Readable): void => {
    finished(stream, { writable: false }, (error) => {
      if (error === undefined || error === null || raw.closed || raw.destroyed) return;
      if (error.code !== 'ERR_STREAM_PREMATURE_CLOSE') noteFailure(sending, error);
      // Whoever puts another stream in its place may do away with it.
      else if (sent !== undefined) noteFailure(sending, new Error(silentEnd));
      passOn();
    });
  };
  watch(body);
  raw.once('pipe', (stream: Readable) => {
    sent = stream;
    if (stream !== body) watch(stream);
    passOn();
  });
  return new Promise((resolve) => {
    const settle = (hasLeft: boolean): void => {
      if (!body.destroyed) body.on('error', () => {}).destroy();
      resolve(sending.failure ?? (hasLeft ? undefined : { error: whyCut() }));
    };
    raw.once('finish', () => settle(!wasReset(raw)));
    raw.once('close', () => settle(false));
  });
}

const silentEnd = 'The stream of the answer was destroyed before its end, without an error.';

// Over HTTP/2, Node says of every answer that it has finished.
function wasReset(raw: FastifyReply['raw']): boolean {
  const { stream } = raw as unknown as Partial<Http2ServerResponse>;
  return stream !== undefined && !(stream.writableFinished && stream.rstCode === 0);
}
