import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ErrorFormat } from '../declare/api-info.ts';
import { success } from '../inject/close.ts';
import { RequestContext, takeBackHeaders } from './context.ts';
import type { ErrorHandlers } from './error-handlers.ts';
import { errorAnswer, type Thrower } from './errors.ts';
import { logThrown } from './log-thrown.ts';
import type { Refusals } from './refusals.ts';
import { RequestAborted } from './request-aborted.ts';
import type { Answer } from './respond/answer.ts';
import { webAnswer } from './respond/web.ts';
import { send } from './send.ts';
import { noteFailure } from './sending.ts';
import type { Signals } from './signals.ts';
import { takeBackStream } from './streaming.ts';

/** How an app answers errors. */
export interface ErrorExit {
  readonly errorHandlers: ErrorHandlers;
  readonly errorFormat: ErrorFormat;
  readonly signals: Signals;
  readonly refusals: Refusals;
}

/** The answer to an error: of the app's own handler for it, else the usual one; logged with its route where nobody expected it. */
export async function answerTo(
  error: unknown,
  { errorHandlers, errorFormat, refusals }: ErrorExit,
  context: RequestContext,
  route: string,
  thrower: Thrower = 'app',
): Promise<Answer> {
  takeBackHeaders(context);
  const usual = errorAnswer(error, errorFormat, thrower);
  if (!usual.unexpected) refusals.noteError(error, route);
  if (!errorHandlers.isEmpty) {
    try {
      const response = await errorHandlers.handle(error, usual, context);
      if (response !== undefined) return webAnswer(response);
    } catch (thrown) {
      logThrown(context.log, thrown, { route }, 'an error handler failed');
      return errorAnswer(thrown, errorFormat).answer;
    }
  }
  if (error instanceof RequestAborted) {
    if (error.reason === 'stopping') context.log.warn({ route }, `${route} was cut by the stop`);
  } else if (usual.unexpected && !context.isClientGone) logThrown(context.log, error, { route }, 'the request failed');
  return usual.answer;
}

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
