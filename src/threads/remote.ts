/** A module's functions as they are called from another thread: each one returns a promise, generators an async generator. */
export type Remote<M> = {
  readonly [K in keyof M as M[K] extends AnyFunction ? K : never]: M[K] extends AnyFunction
    ? RemoteFunction<M[K]>
    : never;
};

type AnyFunction = (...args: never[]) => unknown;

/**
 * One function of another thread: `(n: number) => Promise<number>`. Where its arguments or its result cannot be copied between threads,
 * it is a sentence that says so, which nobody can call.
 */
export type RemoteFunction<F extends AnyFunction> = F extends (...args: infer A) => infer R
  ? A extends Copied<A>
    ? Sent<R> extends Copied<Sent<R>>
      ? (...args: A) => Answered<R>
      : 'its result holds something that cannot be sent to another thread: a function, a method, a promise or a symbol'
    : 'its arguments hold something that cannot be sent to another thread: a function, a method, a promise or a symbol'
  : never;

type Answered<R> = [R] extends [never]
  ? Promise<never>
  : R extends AsyncGenerator<infer Y> | Generator<infer Y> | AsyncIterableIterator<infer Y>
    ? AsyncGenerator<Y, void, undefined>
    : Promise<Awaited<R>>;

// What crosses: the items of a generator, the value of anything else.
type Sent<R> = R extends AsyncGenerator<infer Y> | Generator<infer Y> | AsyncIterableIterator<infer Y> ? Y : Awaited<R>;

type Primitive = string | number | boolean | bigint | null | undefined | void;

// The structured clone algorithm copies these whole, though their types have methods.
type CopiedWhole =
  | Date
  | RegExp
  | Error
  | ArrayBuffer
  | SharedArrayBuffer
  | ArrayBufferView
  | Blob
  | ReadableStream
  | WritableStream
  | TransformStream
  | MessagePort;

/** `T` as it arrives on the other side; `never` stands where nothing can arrive. */
export type Copied<T> = unknown extends T
  ? T
  : T extends Primitive | CopiedWhole
    ? T
    : T extends AnyFunction | symbol | PromiseLike<unknown> | WeakKeyed
      ? never
      : T extends ReadonlyMap<infer K, infer V>
        ? ReadonlyMap<Copied<K>, Copied<V>>
        : T extends ReadonlySet<infer V>
          ? ReadonlySet<Copied<V>>
          : { [K in keyof T]: Copied<T[K]> };

type WeakKeyed = WeakMap<WeakKey, unknown> | WeakSet<WeakKey> | WeakRef<WeakKey>;
