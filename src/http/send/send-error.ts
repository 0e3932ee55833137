import type { FastifyReply, FastifyRequest } from 'fastify';
import { success } from '../../inject/close.ts';
import { answerTo, type ErrorExit } from '../errors/answer-to.ts';
import { RequestContext } from '../request/context.ts';
import { send } from './send.ts';
import { noteFailure } from './sending.ts';
import { takeBackStream } from './streaming.ts';

const answered = new WeakSet<FastifyReply>();

/** Whether {@link sendError} has answered, and logged, the failure of a stream that had sent nothing yet. */
export function wasAnswered(reply: FastifyReply): boolean {
  return answered.has(reply);
}

/** Answers an error of a request that is on no route: an unknown path, a hook of a plugin that failed. */
export async function sendError(
  error: unknown,
  exit: ErrorExit,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<void> {
  answered.add(reply);
  noteFailure(reply, error);
  takeBackStream(reply);
  const context = new RequestContext(request, reply, undefined, exit.signals);
  const route = `${request.method} ${request.routeOptions.url ?? request.url.split('?', 1)[0]}`;
  await send(reply, await answerTo(error, exit, context, route, 'plugin'), success);
}
