import type { FastifyReply } from 'fastify';
import { closeHead, type RequestContext, takeBackHeaders } from '../request/context.ts';

/** Why an answer did not leave whole. */
export interface Failure {
  readonly error: unknown;
}

/**
 * How far the answer of a request is: `open` while nothing was sent; `streaming` from the moment on that a stream is handed over, with its
 * first bytes or without; `sent` once a whole answer was handed over, whose bytes a plugin's hook may still hold; `replaced` where the answer
 * to an error went out in its place; `broken` where its connection was closed on purpose.
 */
export type SendState = 'open' | 'streaming' | 'sent' | 'replaced' | 'broken';

export interface Sending {
  readonly reply: FastifyReply;
  readonly context: RequestContext;
  state: SendState;
  /** What broke the answer off. */
  failure?: Failure;
  /** The headers before `onSend` hooks saw the stream. */
  headersBefore?: ReturnType<FastifyReply['getHeaders']>;
}

// Fastify's error handler gets the reply alone. In a WeakMap, whose values hold their keys here, all that a request read would outlive it until
// the next full garbage collection.
const handed: unique symbol = Symbol('cortado.sending');

type MarkedReply = FastifyReply & { [handed]?: Sending };

/** An answer to a request that is not on the road. */
export function sendingOffRoad(reply: FastifyReply, context: RequestContext): Sending {
  return { reply, context, state: 'open' };
}

/** The answer that was handed to Fastify for a reply, if one was. */
export function sendingOf(reply: FastifyReply): Sending | undefined {
  return (reply as MarkedReply)[handed];
}

/** Notes that an answer is handed to Fastify, whose hooks may take their time with it. */
export function noteHanded(sending: Sending): void {
  (sending.reply as MarkedReply)[handed] = sending;
  if (sending.state === 'open') sending.state = 'sent';
}

/** Notes that the answer of a request is a stream, which is being sent from now on. */
export function noteStream(sending: Sending): void {
  sending.state = 'streaming';
  sending.headersBefore = sending.reply.getHeaders();
  closeHead(sending.context);
}

/** Notes what broke off an answer that is on its way; only the first counts. */
export function noteFailure(sending: Sending, error: unknown): void {
  sending.failure ??= { error };
}

/** Closes the connection of an answer that cannot be ended in order. */
export function breakConnection(sending: Sending): void {
  sending.state = 'broken';
  sending.reply.raw.destroy();
}

/** Whether anything was sent, by the road or past it. */
export function hasBegun({ sent, raw }: FastifyReply): boolean {
  return sent || raw.headersSent;
}

/** Whether nothing more can be sent: the answer has ended, somebody else sends it, or its connection is gone. */
export function hasLeft({ sent, raw }: FastifyReply): boolean {
  return sent || raw.destroyed;
}

/**
 * Takes back the headers of a stream that failed before its first byte: also those of `onSend` hooks, which the answer in its place passes
 * again. What one of them said of the stream, `content-encoding` for example, is not true of that.
 */
export function takeBackStream({ reply, context, headersBefore: before }: Sending): void {
  if (before === undefined) return;
  const after = reply.getHeaders();
  for (const name in after) if (after[name] !== before[name]) reply.removeHeader(name);
  for (const name in before)
    if (before[name] !== undefined && after[name] !== before[name]) reply.header(name, before[name]);
  takeBackHeaders(context);
}
