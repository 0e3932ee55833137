import type { ErrorFormat } from '../../declare/route/api-info.ts';
import { type RequestContext, takeBackHeaders } from '../request/context.ts';
import { logThrown } from '../request/log-thrown.ts';
import { RequestAborted } from '../request/request-aborted.ts';
import type { Surroundings } from '../request/surroundings.ts';
import type { Answer } from '../respond/answer.ts';
import { webAnswer } from '../respond/web.ts';
import { errorAnswer, type Thrower } from './error-answer.ts';
import type { ErrorHandlers } from './error-handlers.ts';
import type { Refusals } from './refusals.ts';

export interface ErrorExit extends Surroundings {
  readonly errorHandlers: ErrorHandlers;
  readonly errorFormat: ErrorFormat;
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
      if (response !== undefined) return await webAnswer(response);
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
