import type { FastifyReply } from 'fastify';
import { closeHead, type RequestContext, takeBackHeaders } from './context.ts';
import type { Answer } from './respond/answer.ts';

interface Streaming {
  readonly context: RequestContext;
  readonly answer: Answer;
}

const streaming = new WeakMap<FastifyReply, Streaming>();

/** Notes that the answer of a request is a stream, which is being sent from now on. */
export function noteStream(reply: FastifyReply, context: RequestContext, answer: Answer): void {
  streaming.set(reply, { context, answer });
  closeHead(context);
}

/** Whether a stream is being sent, with its first bytes or without. */
export function isStreaming(reply: FastifyReply): boolean {
  return streaming.has(reply);
}

/** Takes back the headers of a stream that failed before its first byte. */
export function takeBackStream(reply: FastifyReply): void {
  const noted = streaming.get(reply);
  if (noted === undefined) return;
  for (const name in noted.answer.headers) reply.removeHeader(name);
  takeBackHeaders(noted.context);
}
