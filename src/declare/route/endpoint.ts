import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { Flat, Inputs, Params } from '../values.ts';
import type { Media } from './media.ts';
import type { RouteDefinition } from './route.ts';

/** What a route can declare as its answer. */
export type ResponseOption = StandardSchemaV1 | Media<unknown, unknown> | undefined;

/** A function without a declared answer, by what it returns. */
export type Returns<T> = () => T;

/**
 * A route as a value: what `app.get` and the others return. The test client calls it, `urlFor` makes its address, and a router's own is the
 * same one in each app that includes it.
 *
 * Its type has the path, the declared inputs, the declared answer and the further answers, and depends on no other route.
 */
export interface Endpoint<
  out Path extends string = string,
  out P extends Params = Params,
  out Answer = unknown,
  out Further = unknown,
> extends RouteDefinition {
  readonly '~path'?: Path;
  readonly '~params'?: P;
  readonly '~answer'?: Answer;
  readonly '~further'?: Further;
}

/** The names in a path template, `{rest:path}` included. */
export type PathNames<S extends string> = S extends `${string}{${infer N}}${infer Rest}`
  ? (N extends `${infer Name}:${string}` ? Name : N) | PathNames<Rest>
  : never;

/** What a caller passes: the inputs of the route, and those of its path that only a dependency reads. */
export type CallInput<S extends string, P extends Params> = [Exclude<PathNames<S>, keyof P>] extends [never]
  ? Inputs<P>
  : Inputs<P> & { readonly [N in Exclude<PathNames<S>, keyof P>]: string | number };

/** What comes back where a route succeeds, before JSON has made texts of dates. */
export type AnswerOf<A> =
  A extends Media<unknown, infer Received>
    ? Received
    : A extends StandardSchemaV1
      ? StandardSchemaV1.InferOutput<A>
      : A extends Returns<infer Returned>
        ? Returned extends AsyncGenerator<infer Item>
          ? readonly Item[]
          : Exclude<Awaited<Returned>, Response>
        : unknown;

/** A value as JSON brings it: a date is a text, a set a list, a map a record. */
export type AsJson<T> = T extends string | number | boolean | null | undefined
  ? T
  : T extends bigint
    ? number
    : T extends { toJSON(): infer Text }
      ? AsJson<Text>
      : T extends ReadonlySet<infer Item>
        ? AsJson<Item>[]
        : T extends ReadonlyMap<string, infer Value>
          ? Record<string, AsJson<Value>>
          : T extends (...args: never) => unknown
            ? undefined
            : { [K in keyof T]: AsJson<T[K]> };

/** What `urlFor` needs of a route's inputs: those of its path, and any of its query string. */
export type AddressInput<S extends string, P extends Params> = Flat<
  { readonly [N in PathNames<S>]: N extends keyof Inputs<P> ? Inputs<P>[N] : string | number } & {
    readonly [N in Exclude<keyof Inputs<P>, PathNames<S>>]?: Inputs<P>[N];
  }
>;

/** Which of several inclusions of a router is meant. */
export interface AddressOptions {
  /** The prefix that its path begins with, where a router is included more than once. */
  readonly prefix?: string;
}

/** The arguments of `urlFor` behind the route: a path without parameters needs none. */
export type AddressArguments<S extends string, P extends Params, O> = [PathNames<S>] extends [never]
  ? [inputs?: AddressInput<S, P>, options?: O]
  : [inputs: AddressInput<S, P>, options?: O];
