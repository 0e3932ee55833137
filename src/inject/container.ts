import { shown } from '../base/check-values.ts';
import { CortadoError, invalidOption } from '../base/error.ts';
import type { Logger } from '../base/logger.ts';
import { type Dependency, dependency as declare, isDependency } from '../declare/dependency.ts';
import type { Plan } from '../declare/plan/plan.ts';
import { planFunction } from '../declare/plan/plan-function.ts';
import { type Closing, closeAll, success } from './close.ts';
import { type Closer, openDependency } from './open.ts';

type AnyDependency = Dependency<unknown, string>;

// Milliseconds after which the log says what a start waits for.
const slowStart = 5000;

function notToOverride(what: string, given: unknown): CortadoError {
  return invalidOption(`app.override(): ${what}, not ${shown(given)}.`);
}

/** App-scoped values: opened once per process, closed in reverse order; and what stands in for dependencies in tests. */
export class Container {
  readonly #log: Logger;
  readonly #declared = new Set<AnyDependency>();
  readonly #values = new Map<AnyDependency, Promise<unknown>>();
  /** The last one counts. */
  readonly #overrides = new Map<AnyDependency, AnyDependency[]>();
  readonly #onOverride: (() => void)[] = [];
  #closers: Closer[] = [];
  #stop = new AbortController();

  constructor(log: Logger) {
    this.#log = log;
  }

  /** Makes sure that the app-scoped dependencies of a plan are opened at start, and that their names are their own. */
  declare(plan: Plan): void {
    for (const { dependency } of [...plan.outsideCalls, ...plan.guards, ...plan.calls])
      if (dependency.scope === 'app') this.add(dependency);
  }

  /** Adds one app-scoped dependency to what is opened at start. */
  add(dependency: AnyDependency): void {
    for (const other of this.#declared) {
      if (other !== dependency && other.named && dependency.named && other.name === dependency.name) {
        throw new CortadoError(
          'CORTADO_DEPENDENCY_NAME',
          `two different app-scoped dependencies are named "${dependency.name}".`,
        );
      }
    }
    this.#declared.add(dependency);
  }

  /** Opens all declared app-scoped values, in the order of their declaration; closes what was opened when one fails. */
  async start(): Promise<void> {
    this.#stop = new AbortController();
    try {
      for (const dependency of this.#declared) await this.#opened(dependency);
    } catch (error) {
      await this.stop({ failed: true, error });
      throw error;
    }
  }

  /** Closes all app-scoped values, last opened first. */
  async stop(outcome: Closing = success): Promise<void> {
    this.#stop.abort(new CortadoError('CORTADO_LIFECYCLE', 'The app stops.'));
    const closers = this.#closers;
    this.#closers = [];
    this.#values.clear();
    const result = await closeAll(closers, outcome);
    if (result.failed && !outcome.failed) throw result.error;
  }

  /** The value of an app-scoped dependency, opened when this is the first that asks. */
  value<T>(dependency: Dependency<T, string>): Promise<T> {
    const actual = this.substitute(dependency);
    let value = this.#values.get(actual);
    if (value === undefined) this.#values.set(actual, (value = this.#open(actual)));
    return value as Promise<T>;
  }

  /** Puts `fake` in the place of `dependency` until the returned handle is disposed of. */
  override<T>(dependency: Dependency<T, string>, fake: Dependency<T, string> | (() => T | Promise<T>)): Disposable {
    if (!isDependency(dependency)) throw notToOverride('the first argument must be a dependency', dependency);
    if (!isDependency(fake) && typeof fake !== 'function')
      throw notToOverride('the second argument must be a dependency or a function that makes the value', fake);
    const stand = isDependency(fake)
      ? fake
      : declare(fake, { name: `override of ${dependency.name}`, scope: dependency.scope });
    const stands = this.#overrides.get(dependency) ?? [];
    this.#overrides.set(dependency, stands);
    stands.push(stand);
    const end = (): void => {
      const at = stands.lastIndexOf(stand);
      if (at === -1) return;
      stands.splice(at, 1);
      this.#notify();
    };
    try {
      this.#notify();
    } catch (error) {
      end();
      throw error;
    }
    return { [Symbol.dispose]: end };
  }

  /** Calls `listener` whenever an override comes or goes: plans made before are out of date. */
  onOverride(listener: () => void): void {
    this.#onOverride.push(listener);
  }

  readonly substitute = <T>(dependency: Dependency<T, string>): Dependency<T, string> =>
    (this.#overrides.get(dependency)?.at(-1) as Dependency<T, string> | undefined) ?? dependency;

  // Nothing else would say why an app does not start, or why its process ends with nothing done.
  async #opened(dependency: AnyDependency): Promise<void> {
    const { promise: never, reject } = Promise.withResolvers<never>();
    const what = `app-scoped dependency "${dependency.name}"`;
    const giveUp = (): void =>
      reject(new CortadoError('CORTADO_LIFECYCLE', `${what} never opens: nothing is left that it could wait for.`));
    const slow = setInterval(
      () => this.#log.warn({ dependency: dependency.name }, `the start waits for ${what}`),
      slowStart,
    ).unref();
    atExit(giveUp, true);
    try {
      await Promise.race([this.value(dependency), never]);
    } finally {
      clearInterval(slow);
      atExit(giveUp, false);
    }
  }

  async #open(dependency: AnyDependency): Promise<unknown> {
    const plan = planFunction({
      owner: `app-scoped dependency "${dependency.name}"`,
      params: { value: dependency },
      substitute: this.substitute,
    });
    const values: Record<string, unknown> = {};
    for (const [name, declared] of Object.entries(dependency.params)) {
      if (isDependency(declared)) values[name] = await this.value(declared);
    }
    const context = { signal: this.#stop.signal, log: this.#log };
    const { value, close } = await openDependency(plan.calls.at(-1)!.dependency, values, context);
    if (close !== undefined) this.#closers.push(close);
    return value;
  }

  #notify(): void {
    for (const listener of this.#onOverride) listener();
  }
}

// One listener for all that start at once: Node warns of more than ten.
const starting = new Set<() => void>();

function giveAllUp(): void {
  for (const giveUp of starting) giveUp();
}

function atExit(giveUp: () => void, isWanted: boolean): void {
  if (isWanted) starting.add(giveUp);
  else starting.delete(giveUp);
  process.off('beforeExit', giveAllUp);
  if (starting.size > 0) process.on('beforeExit', giveAllUp);
}
