import type { FastifyReply } from 'fastify';
import { closeHead, type RequestContext, takeBackHeaders } from '../request/context.ts';

interface Streaming {
  readonly context: RequestContext;
  /** The headers before `onSend` hooks saw the stream. */
  readonly before: ReturnType<FastifyReply['getHeaders']>;
}

const streaming = new WeakMap<FastifyReply, Streaming>();

/** Notes that the answer of a request is a stream, which is being sent from now on. */
export function noteStream(reply: FastifyReply, context: RequestContext): void {
  streaming.set(reply, { context, before: reply.getHeaders() });
  closeHead(context);
}

/** Whether a stream is being sent, with its first bytes or without. */
export function isStreaming(reply: FastifyReply): boolean {
  return streaming.has(reply);
}

/**
 * Takes back the headers of a stream that failed before its first byte: also those of `onSend` hooks, which the answer in its place passes
 * again. What one of them said of the stream, `content-encoding` for example, is not true of that.
 */
export function takeBackStream(reply: FastifyReply): void {
  const noted = streaming.get(reply);
  if (noted === undefined) return;
  const { before, context } = noted;
  const after = reply.getHeaders();
  for (const name in after) if (after[name] !== before[name]) reply.removeHeader(name);
  for (const name in before)
    if (before[name] !== undefined && after[name] !== before[name]) reply.header(name, before[name]);
  takeBackHeaders(context);
}
