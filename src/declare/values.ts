import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { Context } from './context.ts';
import type { Param } from './param.ts';
import type { Security } from './security.ts';

/** How long a dependency's value lives: the process, or one request or task run. */
export type DependencyScope = 'app' | 'request';

/** A value that declared functions can ask for. `Names` are the inputs that it reads itself. */
export interface Dependency<out T, out Names extends string = never> {
  readonly kind: 'dependency';
  readonly name: string;
  /** Whether the name was given, and not taken from the function or its place. */
  readonly named: boolean;
  readonly params: Params;
  readonly run: (values: never, context: Context) => unknown;
  readonly scope: DependencyScope;
  readonly exit: 'before-send' | 'after-send';
  readonly cache: boolean;
  /** What it would hold as long as its value lives, a transaction for example: no connection may keep it. */
  readonly holds?: string;
  /** Where it reads a credential: what that is. Such a dependency has no params, and runs as a guard wherever it stands. */
  readonly security?: Security;
  readonly '~value'?: T;
  readonly '~names'?: Names;
}

/** One declared input: a schema, a schema with an explicit source, or a dependency. */
export type Declared = StandardSchemaV1 | Param<unknown> | Dependency<unknown, string>;

/** The declared inputs of a function, by name. */
export type Params = Readonly<Record<string, Declared>>;

/** What the function receives for its declared inputs. */
export type Values<P extends Params> = {
  [K in keyof P]: P[K] extends Dependency<infer T, string>
    ? T
    : P[K] extends Param<infer T>
      ? T
      : P[K] extends StandardSchemaV1
        ? StandardSchemaV1.InferOutput<P[K]>
        : never;
};

/** What a caller passes for the declared inputs: everything but the dependencies, before validation. */
export type Inputs<P extends Params> = Flat<
  { [K in RequiredInputs<P>]: Input<P[K]> } & { [K in OptionalInputs<P>]?: Input<P[K]> }
>;

/** An intersection as one object, for readers. */
export type Flat<T> = { [K in keyof T]: T[K] };

type Input<D> =
  D extends Param<unknown>
    ? StandardSchemaV1.InferInput<D['schema']>
    : D extends StandardSchemaV1
      ? StandardSchemaV1.InferInput<D>
      : never;

type OptionalInputs<P extends Params> = {
  [K in keyof P]: P[K] extends Dependency<unknown, string> ? never : undefined extends Input<P[K]> ? K : never;
}[keyof P];

type RequiredInputs<P extends Params> = {
  [K in keyof P]: P[K] extends Dependency<unknown, string> ? never : undefined extends Input<P[K]> ? never : K;
}[keyof P];

/** The names of all inputs that declared inputs read, their dependencies' included. */
export type InputNames<P extends Params> = {
  [K in keyof P]: P[K] extends Dependency<unknown, infer N> ? N : K & string;
}[keyof P];
