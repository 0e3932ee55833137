import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { Media } from '../../declare/route/media.ts';
import type { Method, RouteSettings } from '../../declare/route/route.ts';
import type { InputNames, Params, Values } from '../../declare/values.ts';
import type { RequestContext } from '../request/context.ts';

/** What a route can declare as its answer. */
export type ResponseOption = StandardSchemaV1 | Media<unknown> | undefined;

/** Options of a route. */
export interface RouteOptions<P extends Params, R extends ResponseOption> extends RouteSettings {
  /** Its inputs: in the path template → path; scalar schema → query; object or array schema → JSON body; dependency → injected. */
  readonly params?: P;
  /** Schema of the answer: validates and filters what the handler returns. Or `eventStream()`, `jsonLines()`, `content()`. */
  readonly response?: R;
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

/** The names in a path template, `{rest:path}` included. */
export type PathNames<S extends string> = S extends `${string}{${infer N}}${infer Rest}`
  ? (N extends `${infer Name}:${string}` ? Name : N) | PathNames<Rest>
  : never;

/** Says which path parameters are missing from `params`, as a compile error. */
export type PathDeclared<S extends string, P extends Params> = [Exclude<PathNames<S>, InputNames<P>>] extends [never]
  ? unknown
  : { params: { [N in Exclude<PathNames<S>, InputNames<P>>]: `the path has {${N}}, so params must declare "${N}"` } };

/** Adds one route for each of some methods, with the same function. A path without parameters needs no options. */
export interface AddRoutes {
  <const S extends string, P extends Params = Record<never, never>, R extends ResponseOption = undefined>(
    methods: readonly Method[],
    path: S,
    options: RouteOptions<P, R> & PathDeclared<S, P>,
    handler: [R] extends [ResponseOption] ? Handler<P, R> : never,
  ): void;
  <const S extends string>(
    methods: readonly Method[],
    path: [PathNames<S>] extends [never] ? S : `the path has parameters, so pass { params: { … } } before the handler`,
    handler: Handler<Record<never, never>, undefined>,
  ): void;
}

/** Adds a route. A path without parameters needs no options. */
export interface AddRoute {
  <const S extends string, P extends Params = Record<never, never>, R extends ResponseOption = undefined>(
    path: S,
    options: RouteOptions<P, R> & PathDeclared<S, P>,
    // Deferred until `R` is known: else the handler is looked at while it is not, and the literals that it returns become strings.
    handler: [R] extends [ResponseOption] ? Handler<P, R> : never,
  ): void;
  <const S extends string>(
    path: [PathNames<S>] extends [never] ? S : `the path has parameters, so pass { params: { … } } before the handler`,
    handler: Handler<Record<never, never>, undefined>,
  ): void;
}
