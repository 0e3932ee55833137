import { CortadoError } from '../base/error.ts';
import { type Ending, ending } from '../concurrency/ending.ts';
import { currentFrame, type Frame } from '../concurrency/frame.ts';
import type { Context } from '../declare/context.ts';
import type { Dependency } from '../declare/dependency.ts';
import type { Binding, Plan, PlannedCall } from '../declare/plan/plan.ts';
import { planFunction } from '../declare/plan/plan-function.ts';
import { beginSegment, endSegment } from '../loop/measure/segment.ts';
import { type Closing, closeAll } from './close.ts';
import type { Container } from './container.ts';
import { type Closer, type Opened, openDependency } from './open.ts';

// Frozen, as all requests share them.
const noValues = Object.freeze([]) as readonly unknown[] as unknown[];
const noArguments: Record<string, unknown> = Object.freeze({});

/**
 * The values of one request or task run: slots filled from the wire and by dependencies, and what must be closed at its end. It is also
 * the frame that the running code belongs to.
 */
export class Scope implements Frame {
  readonly container: Container;
  readonly plan: Plan;
  readonly context: Context;
  readonly values: unknown[];
  /** Where on its road the work is, for the loop guard; set by the road. */
  phase = 'input';
  step: string | undefined;
  /** What layers keep for the code of this request or task, by a key of their own. */
  kept: Map<object, unknown> | undefined;
  // Arrays and maps that most requests never need are made when first used.
  #closers: Closer[] | undefined;
  #closersAfterSend: Closer[] | undefined;
  #extra: Map<Dependency<unknown, string>, Promise<unknown>> | undefined;
  #ended = false;

  /** @param values Those that it shares with another scope of the same plan. */
  constructor(container: Container, plan: Plan, context: Context, values?: unknown[]) {
    this.container = container;
    this.plan = plan;
    this.context = context;
    this.values = values ?? (plan.slots === 0 ? noValues : new Array(plan.slots));
  }

  get signal(): AbortSignal {
    return this.context.signal;
  }

  get ending(): Ending | undefined {
    return (this.context as { readonly [ending]?: Ending })[ending];
  }

  get owner(): string {
    return this.plan.owner;
  }

  get scope(): Scope {
    return this;
  }

  /** Runs planned dependencies in their order; a promise only where one has to be waited for. */
  run(calls: readonly PlannedCall[]): Promise<void> | undefined {
    this.phase = this.plan.guards.includes(calls[0]!) ? 'guards' : 'dependencies';
    for (let next = 0; next < calls.length; next++) {
      const opening = this.#open(calls[next]!);
      if (opening instanceof Promise) return this.#runOn(calls, next, opening);
      this.#fill(calls[next]!, opening);
    }
    return undefined;
  }

  async #runOn(calls: readonly PlannedCall[], at: number, opening: Promise<unknown>): Promise<void> {
    this.#fill(calls[at]!, await opening);
    for (let next = at + 1; next < calls.length; next++) {
      const value = this.#open(calls[next]!);
      this.#fill(calls[next]!, value instanceof Promise ? await value : value);
    }
  }

  #open({ dependency, bindings }: PlannedCall): unknown {
    this.step = dependency.name;
    const began = beginSegment();
    // A dependency before it may have asked for it already, a model for its session for example: there is one of each.
    const opening =
      dependency.scope === 'app'
        ? this.container.value(dependency)
        : ((dependency.cache ? this.#extra?.get(dependency) : undefined) ??
          this.#openWith(dependency, this.arguments(bindings)));
    endSegment(began, this.phase);
    return opening;
  }

  #fill({ dependency, slot, isGuard }: PlannedCall, value: unknown): void {
    this.values[slot] = value;
    if (isGuard && value === false) throw notRefused(dependency.name);
  }

  /** The argument object of a planned function. */
  arguments(bindings: readonly Binding[]): Record<string, unknown> {
    if (bindings.length === 0) return noArguments;
    const values: Record<string, unknown> = {};
    for (let at = 0; at < bindings.length; at++) {
      const { name, slot } = bindings[at]!;
      values[name] = this.values[slot];
    }
    return values;
  }

  /**
   * The value of a dependency that was not declared, opened on demand and closed with the rest: how a model finds the session of the
   * request that it runs in.
   */
  get<T>(dependency: Dependency<T, string>): Promise<T> {
    const actual = this.container.substitute(dependency);
    const slot = this.plan.slotOf.get(actual);
    if (slot !== undefined && this.values[slot] !== undefined) return Promise.resolve(this.values[slot] as T);
    if (actual.scope === 'app') return Promise.resolve(this.container.value(actual) as Promise<T>);
    if (this.#ended) {
      const why = `dependency "${actual.name}" was asked for after its ${this.plan.owner} had ended.`;
      return Promise.reject(new CortadoError('CORTADO_LIFECYCLE', why));
    }
    this.#extra ??= new Map();
    let value = this.#extra.get(actual);
    if (value === undefined) {
      value = this.#openUndeclared(actual);
      // Its turn in the plan is still to come.
      if (slot !== undefined) value = value.then((opened) => (this.values[slot] = opened));
      this.#extra.set(actual, value);
    }
    return value as Promise<T>;
  }

  /** Closes what closes before the answer is sent, and tells how the work ended after all. */
  async close(outcome: Closing): Promise<Closing> {
    this.#ended = true;
    this.phase = 'close';
    return this.#closers === undefined ? outcome : closeAll(this.#closers, outcome);
  }

  /** Closes what asked to stay open until the answer was sent. */
  async closeAfterSend(outcome: Closing): Promise<Closing> {
    return this.#closersAfterSend === undefined ? outcome : closeAll(this.#closersAfterSend, outcome);
  }

  /** Whether nothing is open, so that closing can be left out. */
  get isEmpty(): boolean {
    return this.#closers === undefined && this.#closersAfterSend === undefined;
  }

  #openWith(dependency: Dependency<unknown, string>, values: object): unknown {
    const opened = openDependency(dependency, values, this.context);
    return opened instanceof Promise
      ? opened.then((late) => this.#keepOpen(dependency, late))
      : this.#keepOpen(dependency, opened);
  }

  #keepOpen(dependency: Dependency<unknown, string>, { value, close }: Opened): unknown {
    if (close !== undefined) {
      if (dependency.exit === 'after-send') (this.#closersAfterSend ??= []).push(close);
      else (this.#closers ??= []).push(close);
    }
    return value;
  }

  async #openUndeclared(dependency: Dependency<unknown, string>): Promise<unknown> {
    // Most ask for nothing, a session for example.
    if (Object.keys(dependency.params).length === 0) return this.#openWith(dependency, {});
    const plan = planFunction({
      owner: `dependency "${dependency.name}"`,
      params: dependency.params,
      substitute: this.container.substitute,
    });
    if (plan.fields.length > 0) {
      throw new CortadoError(
        'CORTADO_LIFECYCLE',
        `dependency "${dependency.name}" reads "${plan.fields[0]!.name}" from the request, so it must be declared in params.`,
      );
    }
    const values: Record<string, unknown> = {};
    for (const { name, slot } of plan.bindings) {
      const call = plan.calls.find((candidate) => candidate.slot === slot);
      values[name] = await this.get(call!.dependency);
    }
    return this.#openWith(dependency, values);
  }
}

/** The scope of the request or task that the running code belongs to. */
export function currentScope(): Scope | undefined {
  const scope = currentFrame()?.scope;
  return scope instanceof Scope ? scope : undefined;
}

// Elsewhere a guard says no by returning `false`; here that would let everybody in.
function notRefused(guard: string): CortadoError {
  return new CortadoError(
    'CORTADO_GUARD_VALUE',
    `guard "${guard}" returned false: a guard refuses by throwing, new HttpError(403) for example, and what it returns is not looked at.`,
  );
}
