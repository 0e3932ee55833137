import { checkOptions } from '../base/check-options.ts';
import { choice, flag, type Rules, string } from '../base/check-values.ts';
import { CortadoError } from '../base/error.ts';
import { callSite } from '../base/show/call-site.ts';
import { isSchema } from '../schema/standard.ts';
import { checkParams } from './check-params.ts';
import type { Context } from './context.ts';
import type { Dependency, DependencyScope, InputNames, Params, Values } from './values.ts';

export type { Dependency, DependencyScope } from './values.ts';

/** Options of {@link dependency}. */
export interface DependencyOptions {
  /** Its name in error messages. Default: the function's name, else the place of its declaration. */
  readonly name?: string;
  /** `app` opens once per process at start and closes at stop; `request` (default) once per request or task run. */
  readonly scope?: DependencyScope;
  /**
   * When a `request` dependency closes: `before-send` (default), so that a failed commit is a 500 and never a lie, or `after-send`,
   * when the last byte has left.
   */
  readonly exit?: 'before-send' | 'after-send';
  /** `false` runs it again for each place that asks for it. Default `true`: once per request. */
  readonly cache?: boolean;
}

/** What a dependency's function yields or returns, seen from the function that asked for it. */
export type Provided<R> = R extends AsyncGenerator<infer Y> | Generator<infer Y> ? Y : Awaited<R>;

/**
 * Declares a value to be injected: its own inputs, and the function that makes it.
 *
 * The function returns the value; or is a generator that yields it once, and whose rest runs on success, while a failure is thrown at
 * the `yield` (commit and rollback); or returns a `Disposable` or `AsyncDisposable`, which is disposed of. It runs once per request,
 * however many ask for it, and closes in reverse order before the response is sent. As in FastAPI's `Depends`, but for that last point
 * (FastAPI sends first).
 *
 * A dependency that only requests use may ask for their context: `dependency((_, context: RequestContext) => context.ip)`.
 *
 * @throws CortadoError `CORTADO_OPTION_UNKNOWN` or `CORTADO_OPTION_INVALID` at declaration.
 * @example
 * ```ts
 * const session = dependency(async function* () {
 *   await using connection = await pool.connect();
 *   yield connection;             // the handler runs here
 *   await connection.commit();    // before the response is sent
 * });
 * const pager = dependency({ skip: z.int().default(0), limit: z.int().max(100).default(10) }, (page) => page);
 * app.get('/items', { params: { pager, session } }, ({ pager, session }) => session.items(pager));
 * ```
 */
export function dependency<R, C extends Context = Context>(
  run: (values: Record<never, never>, context: C) => R,
  options?: DependencyOptions,
): Dependency<Provided<R>>;
export function dependency<P extends Params, R, C extends Context = Context>(
  params: P,
  run: (values: Values<P>, context: C) => R,
  options?: DependencyOptions,
): Dependency<Provided<R>, InputNames<P>>;
export function dependency(first: unknown, second?: unknown, third?: unknown): Dependency<unknown, string> {
  if (isSchema(first)) checkParams(`dependency() at ${callSite(dependency)}`, first);
  const [params, run, options] = typeof first === 'function' ? [{}, first, second] : [first, second, third];
  if (typeof run !== 'function' || typeof params !== 'object' || params === null) {
    throw new CortadoError(
      'CORTADO_PARAM_INVALID',
      `dependency() at ${callSite(dependency)}: expected dependency(fn), or dependency(params, fn).`,
    );
  }
  const given = (options ?? {}) as DependencyOptions;
  checkOptions(given.name === undefined ? 'dependency()' : `dependency "${given.name}"`, given, rules);
  const { name, scope = 'request', exit = 'before-send', cache = true } = given;
  return {
    kind: 'dependency',
    name: name ?? (run.name || `dependency at ${callSite(dependency)}`),
    named: name !== undefined,
    params: params as Params,
    run: run as Dependency<unknown>['run'],
    scope,
    exit,
    cache,
  };
}

const rules: Rules<DependencyOptions> = {
  name: string,
  scope: choice('app', 'request'),
  exit: choice('before-send', 'after-send'),
  cache: flag,
};

export function isDependency(value: unknown): value is Dependency<unknown, string> {
  return typeof value === 'object' && value !== null && (value as { kind?: unknown }).kind === 'dependency';
}
