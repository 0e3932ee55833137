import { shown } from '../../base/check-values.ts';
import { CortadoError, invalidOption } from '../../base/error.ts';
import type { RequestContext } from '../request/context.ts';
import { isResponse } from '../respond/web.ts';
import type { ErrorAnswer } from './error-answer.ts';

/** What an error handler returns: a `Response`, or nothing to let the error take its usual way. */
export type ErrorHandlerResult = Response | undefined | void | Promise<Response | undefined | void>;

/** A class whose instances an error handler takes. */
export type ErrorClass<E> = abstract new (...args: never[]) => E;

type Handler = (error: never, context: RequestContext) => ErrorHandlerResult;

function invalid(what: string): CortadoError {
  return invalidOption(`app.onError(): ${what}.`);
}

/**
 * Error handlers by class and by status; the nearest class of an error wins, then its status. `Error` itself stands for what nobody
 * expected, as in FastAPI: an `HttpError`, what is wrong with a request, or an unknown path, has its own answer.
 */
export class ErrorHandlers {
  readonly #byClass = new Map<unknown, Handler>();
  readonly #byStatus = new Map<number, Handler>();

  add(key: ErrorClass<unknown> | number, handler: Handler): void {
    const isStatus = Number.isInteger(key) && (key as number) >= 400 && (key as number) <= 599;
    if (!isStatus && typeof key !== 'function')
      throw invalid(`expected a class of errors, or a status from 400 to 599, not ${shown(key)}`);
    if (
      handler === undefined &&
      typeof key === 'function' &&
      !(key.prototype instanceof Error) &&
      key !== (Error as unknown)
    )
      throw invalid('it takes a class of errors, or a status, before the handler: app.onError(Error, handler)');
    if (typeof handler !== 'function') throw invalid(`expected a function as its handler, not ${shown(handler)}`);
    if (typeof key === 'number') this.#byStatus.set(key, handler);
    else this.#byClass.set(key, handler);
  }

  get isEmpty(): boolean {
    return this.#byClass.size === 0 && this.#byStatus.size === 0;
  }

  /** The answer of the handler that takes `error`, if any. */
  async handle(error: unknown, usual: ErrorAnswer, context: RequestContext): Promise<Response | undefined> {
    const handler = this.#handlerOf(error, usual.unexpected) ?? this.#byStatus.get(usual.answer.status ?? 500);
    const response: unknown = await handler?.(error as never, context);
    if (response !== undefined && !isResponse(response)) {
      throw new CortadoError(
        'CORTADO_RESPONSE_INVALID',
        'An error handler must return a Response, Response.json(body, { status }) for example.',
      );
    }
    return response;
  }

  #handlerOf(error: unknown, isUnexpected: boolean): Handler | undefined {
    if (typeof error !== 'object' || error === null) return undefined;
    for (let type = Object.getPrototypeOf(error); type !== null; type = Object.getPrototypeOf(type)) {
      if (type.constructor === Error && !isUnexpected) return undefined;
      const handler = this.#byClass.get(type.constructor);
      if (handler !== undefined) return handler;
    }
    return undefined;
  }
}
