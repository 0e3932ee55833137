import type { StandardSchemaV1 } from '@standard-schema/spec';
import { checkOptions } from '../../base/check-options.ts';
import { choice, flag, type Rules, string } from '../../base/check-values.ts';
import { CortadoError, invalidOption } from '../../base/error.ts';
import { callSite } from '../../base/show/call-site.ts';
import type { Around, AroundPlace } from '../../declare/around.ts';
import type { InputNames, Params, Values } from '../../declare/values.ts';
import { isSchema } from '../../schema/standard.ts';
import type { RequestContext } from '../request/context.ts';
import type { FinalAnswer } from '../request/final-answer.ts';
import { schemas } from './option-rules.ts';

/** Options of {@link around}. */
export interface AroundOptions {
  /** Its name in error messages and reports. Default: the function's name, else the place of its declaration. */
  readonly name?: string;
  /**
   * `outside` (default) goes around all that a request does: guards, dependencies, their commit, and errors, which are answers there.
   * `inside` goes around the handler alone, with the dependencies open: what it throws rolls them back.
   */
  readonly place?: AroundPlace;
  /**
   * Whether it also goes around what is no route of the app's own: those of Fastify plugins, and paths that nobody knows. For the `around` of an
   * app, outside. What is mounted has functions of its own. Default `false`.
   */
  readonly everywhere?: boolean;
  /** Headers that it adds to a successful answer, by name, for the documentation: `{ 'server-timing': z.string() }`. */
  readonly responseHeaders?: Readonly<Record<string, StandardSchemaV1>>;
}

/** A function around a request: `next` goes on, and gives the answer as it is about to be sent. */
export type OutsideFunction<P extends Params> = (
  values: Values<P>,
  context: RequestContext,
  next: () => Promise<FinalAnswer>,
) => Promise<FinalAnswer | Response | void>;

/** A function around a handler: `next` calls it, and gives what it returned. */
export type InsideFunction<P extends Params> = (
  values: Values<P>,
  context: RequestContext,
  next: () => Promise<unknown>,
) => unknown;

type Inside = AroundOptions & { readonly place: 'inside' };
type Outside = AroundOptions & { readonly place?: 'outside' };

/**
 * Declares a function around routes, with inputs of its own: FastAPI's `@app.middleware('http')`. Name it in the `around` of a route, a
 * router or an app; the first is the outermost.
 *
 * **Outside**, the default, `next()` gives the answer that is about to be sent, after the dependencies have closed and with errors turned into
 * their answers: its `status`, and its `headers` to read and to change. What it throws is answered in the answer's place. Without a call of
 * `next()` it answers by itself, with a `Response`; one that it returns after it replaces the answer. Of a stream it sees the head, before the
 * first byte. Its inputs are read before the body, and it can ask for app-scoped dependencies alone. A 422 of its own inputs passes it by.
 *
 * **Inside**, `next()` calls the handler and gives what it returned, which may be replaced by what this returns, before the `response` of the
 * route checks it. Dependencies are open, so that what this throws rolls them back; without a call of `next()` the handler does not run.
 *
 * @throws CortadoError `CORTADO_PARAM_INVALID`, `CORTADO_OPTION_UNKNOWN` or `CORTADO_OPTION_INVALID` at declaration.
 * @example
 * ```ts
 * const timing = around(async (_, ctx, next) => {
 *   const began = performance.now();
 *   const answer = await next();
 *   answer.headers.set('server-timing', `app;dur=${performance.now() - began}`);
 * });
 * const app = new App({ around: [timing] });
 * ```
 */
export function around(run: InsideFunction<Record<never, never>>, options: Inside): Around<never>;
export function around<P extends Params>(params: P, run: InsideFunction<P>, options: Inside): Around<InputNames<P>>;
export function around(run: OutsideFunction<Record<never, never>>, options?: Outside): Around<never>;
export function around<P extends Params>(params: P, run: OutsideFunction<P>, options?: Outside): Around<InputNames<P>>;
export function around(first: unknown, second?: unknown, third?: unknown): Around {
  const [params, run, options] = typeof first === 'function' ? [{}, first, second] : [first, second, third];
  if (typeof run !== 'function' || typeof params !== 'object' || params === null || isSchema(params)) {
    const message = `around() at ${callSite(around)}: expected around(fn), or around(params, fn).`;
    throw new CortadoError('CORTADO_PARAM_INVALID', message);
  }
  const given = (options ?? {}) as AroundOptions;
  checkOptions('around()', given, rules);
  const { name, place = 'outside', everywhere = false, responseHeaders = {} } = given;
  if (everywhere && place === 'inside')
    throw invalidOption(
      'around(): everywhere is for functions outside; a plugin has no handler that one could be inside of.',
    );
  return {
    kind: 'around',
    name: name ?? (run.name || `around() at ${callSite(around)}`),
    params: params as Params,
    place,
    everywhere,
    responseHeaders,
    run: run as Around['run'],
  };
}

const rules: Rules<AroundOptions> = {
  name: string,
  place: choice('outside', 'inside'),
  everywhere: flag,
  responseHeaders: schemas,
};
