import { CortadoError } from '../base/error.ts';
import { isThenable } from '../base/is-thenable.ts';
import type { Context } from '../declare/context.ts';
import type { Dependency } from '../declare/dependency.ts';

/** Ends an opened dependency: with the error that ended the work, or `undefined` on success. */
export type Closer = (error: unknown, failed: boolean) => Promise<void> | void;

export interface Opened {
  readonly value: unknown;
  readonly close: Closer | undefined;
}

/** A value that ends itself, knowing how the work went: a session of a database. It costs less per request than a generator. */
export interface Closable {
  readonly '~close': Closer;
}

/** Runs a dependency's function up to its value. */
export function openDependency(
  dependency: Dependency<unknown, string>,
  values: object,
  context: Context,
): Opened | Promise<Opened> {
  const made = dependency.run(values as never, context);
  if (isGenerator(made)) return openGenerator(dependency, made);
  return made instanceof Promise || isThenable(made) ? openLater(made) : { value: made, close: disposerOf(made) };
}

async function openLater(made: PromiseLike<unknown>): Promise<Opened> {
  const value = await made;
  return { value, close: disposerOf(value) };
}

async function openGenerator(
  dependency: Dependency<unknown, string>,
  generator: AsyncGenerator | Generator,
): Promise<Opened> {
  const step = await generator.next();
  if (step.done === true) throw wrongYield(dependency, 'ended without a yield');
  return { value: step.value, close: (error, failed) => closeGenerator(dependency, generator, error, failed) };
}

// `return()` would skip what stands after the yield, a commit for example: so success is `next()` and failure is `throw()`.
async function closeGenerator(
  dependency: Dependency<unknown, string>,
  generator: AsyncGenerator | Generator,
  error: unknown,
  failed: boolean,
): Promise<void> {
  const step = failed ? await generator.throw(error) : await generator.next();
  if (step.done === true) return;
  await generator.return(undefined);
  throw wrongYield(dependency, 'yielded more than once');
}

function wrongYield(dependency: Dependency<unknown, string>, what: string): CortadoError {
  return new CortadoError(
    'CORTADO_GENERATOR_YIELD',
    `The generator of dependency "${dependency.name}" ${what}; it must yield exactly once.`,
  );
}

function isGenerator(value: unknown): value is AsyncGenerator | Generator {
  // A call on a thread is a promise that can be iterated as well.
  if (typeof value !== 'object' || value === null || value instanceof Promise) return false;
  const { next, throw: thrower } = value as Partial<AsyncGenerator>;
  return typeof next === 'function' && typeof thrower === 'function';
}

function disposerOf(value: unknown): Closer | undefined {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return undefined;
  const disposable = value as Partial<AsyncDisposable & Disposable & Closable>;
  if (typeof disposable['~close'] === 'function') return (error, failed) => disposable['~close']?.(error, failed);
  if (typeof disposable[Symbol.asyncDispose] === 'function') return async () => disposable[Symbol.asyncDispose]?.();
  if (typeof disposable[Symbol.dispose] === 'function') return () => disposable[Symbol.dispose]?.();
  return undefined;
}
