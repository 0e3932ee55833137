import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { DocumentedResponses } from '../../declare/route/documented.ts';
import type { Endpoint, PathNames, ResponseOption, Returns } from '../../declare/route/endpoint.ts';
import type { Media } from '../../declare/route/media.ts';
import type { Method, RouteSettings } from '../../declare/route/route.ts';
import type { InputNames, Params, Values } from '../../declare/values.ts';
import type { RequestContext } from '../request/context.ts';

/** Options of a route. */
export interface RouteOptions<
  P extends Params,
  R extends ResponseOption,
  F extends DocumentedResponses = DocumentedResponses,
> extends RouteSettings {
  /** Its inputs: in the path template → path; scalar schema → query; object or array schema → JSON body; dependency → injected. */
  readonly params?: P;
  /** Schema of the answer: validates and filters what the handler returns. Or `eventStream()`, `jsonLines()`, `content()`. */
  readonly response?: R;
  /** Further answers by status. The type of the route has those with a schema. */
  readonly responses?: F;
}

export type Returned<R extends ResponseOption> =
  R extends Media<infer Made>
    ? Made | Response
    : R extends StandardSchemaV1
      ? StandardSchemaV1.InferInput<R> | Response
      : unknown;

/**
 * A route's handler, for one that does not stand in the route.
 *
 * @example
 * ```ts
 * const params = { id: z.int() };
 * const response = z.object({ kind: z.enum(['a', 'b']) });
 * const show: Handler<typeof params, typeof response> = ({ id }) => ({ kind: id > 1 ? 'a' : 'b' });
 * app.get('/{id}', { params, response }, show);
 * ```
 */
export type Handler<P extends Params = Record<never, never>, R extends ResponseOption = undefined> = (
  params: Values<P>,
  context: RequestContext,
) => Returned<R> | Promise<Returned<R>> | PromiseLike<Returned<R>>;

/** Says which path parameters are missing from `params`, as a compile error. */
export type PathDeclared<S extends string, P extends Params> = [Exclude<PathNames<S>, InputNames<P>>] extends [never]
  ? unknown
  : { params: { [N in Exclude<PathNames<S>, InputNames<P>>]: `the path has {${N}}, so params must declare "${N}"` } };

/** Adds one route for each of some methods, with the same function. A path without parameters needs no options. */
export interface AddRoutes {
  <
    const M extends readonly Method[],
    const S extends string,
    P extends Params = Record<never, never>,
    R extends ResponseOption = undefined,
    F extends DocumentedResponses = Record<never, never>,
    H = unknown,
  >(
    methods: M,
    path: S,
    options: RouteOptions<P, R, F> & PathDeclared<S, P>,
    // Deferred until `R` is known: else the handler is looked at while it is not, and the literals that it returns become strings.
    handler: [R] extends [undefined]
      ? (params: Values<P>, context: RequestContext) => H
      : [R] extends [ResponseOption]
        ? Handler<P, R>
        : never,
  ): { readonly [K in keyof M]: Endpoint<S, P, [R] extends [undefined] ? Returns<H> : R, F> };
  <const M extends readonly Method[], const S extends string, H>(
    methods: M,
    path: [PathNames<S>] extends [never] ? S : `the path has parameters, so pass { params: { … } } before the handler`,
    handler: (params: Record<never, never>, context: RequestContext) => H,
  ): { readonly [K in keyof M]: Endpoint<S, Record<never, never>, Returns<H>> };
}

/** Adds a route, and returns it as a value. A path without parameters needs no options. */
export interface AddRoute {
  <
    const S extends string,
    P extends Params = Record<never, never>,
    R extends ResponseOption = undefined,
    F extends DocumentedResponses = Record<never, never>,
    H = unknown,
  >(
    path: S,
    options: RouteOptions<P, R, F> & PathDeclared<S, P>,
    // Deferred until `R` is known: else the handler is looked at while it is not, and the literals that it returns become strings.
    handler: [R] extends [undefined]
      ? (params: Values<P>, context: RequestContext) => H
      : [R] extends [ResponseOption]
        ? Handler<P, R>
        : never,
  ): Endpoint<S, P, [R] extends [undefined] ? Returns<H> : R, F>;
  <const S extends string, H>(
    path: [PathNames<S>] extends [never] ? S : `the path has parameters, so pass { params: { … } } before the handler`,
    handler: (params: Record<never, never>, context: RequestContext) => H,
  ): Endpoint<S, Record<never, never>, Returns<H>>;
}
