import type { FastifyReply } from 'fastify';
import type { OpenRequests } from '../request/open-requests.ts';
import { RequestAborted } from '../request/request-aborted.ts';
import { breakConnection, noteFailure, type Sending } from './sending.ts';

// Bytes. What is smaller is with the kernel at once.
const leastLimited = 64 * 1024;

/** A request whose answer is on its way out. */
export interface Answering extends Sending {
  readonly prepared: {
    readonly route: { readonly name: string };
    readonly requests: OpenRequests;
    readonly sendTimeout: number;
  };
}

/**
 * Breaks an answer off whose client takes nothing of it for a while: its session would hold a connection to the database, and on SQLite keep the
 * write-ahead log from being used again, for as long as the client likes. A client that is slow, and takes something, goes on.
 */
export function limitSending(answering: Answering, length?: number): void {
  const { prepared, reply } = answering;
  const { sendTimeout } = prepared;
  if (sendTimeout === Number.POSITIVE_INFINITY || (length !== undefined && length < leastLimited)) return;
  // Node's own clock for it looks at what the kernel has taken, and goes off as well while the handler makes nothing.
  reply.raw.setTimeout(sendTimeout, () => {
    if (isHeldUp(reply)) breakOff(answering, sendTimeout);
  });
  // In memory, as the test client sends requests, it is a timer that nobody clears where an answer has no body.
  (reply.raw as { readonly timeoutHandle?: NodeJS.Timeout }).timeoutHandle?.unref();
}

function isHeldUp({ raw }: FastifyReply): boolean {
  if (raw.destroyed || raw.writableFinished) return false;
  const { stream } = raw as { readonly stream?: { readonly writableNeedDrain: boolean } };
  return raw.writableEnded || (stream ?? raw).writableNeedDrain;
}

function breakOff(answering: Answering, ms: number): void {
  const { prepared, context } = answering;
  const route = prepared.route.name;
  const error = new RequestAborted('client-stalled');
  prepared.requests.stalled++;
  context.log.warn({ route }, `${route}: its client took nothing of the answer for ${ms} ms, so it was broken off`);
  noteFailure(answering, error);
  breakConnection(answering);
}
