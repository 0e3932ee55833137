import { shown } from '../../base/check-values.ts';
import { CortadoError, invalidOption } from '../../base/error.ts';
import type { PlannedAround } from '../../declare/plan/plan.ts';
import type { Scope } from '../../inject/scope.ts';
import { beginSegment, endSegment } from '../../loop/measure/segment.ts';
import type { RequestContext } from '../request/context.ts';
import type { FinalAnswer } from '../request/final-answer.ts';
import { isResponse } from '../respond/web.ts';

type Settled = { readonly value: unknown } | { readonly thrown: unknown };

/** The request that functions stand around. */
interface AroundRequest {
  readonly scope: Scope;
  readonly context: RequestContext;
}

/** A function that has called `next()`, and waits for the answer. */
interface Entered {
  readonly planned: PlannedAround;
  readonly answer: PromiseWithResolvers<FinalAnswer>;
  /** How the function ended; never rejects. */
  readonly end: Promise<Settled>;
}

/**
 * The functions around one request. On the way in each runs up to its `next()`; on the way out, from the innermost on, each is given the answer
 * and runs to its end.
 */
export class OutsideRun {
  readonly #entered: Entered[] = [];

  /** Runs the functions up to their `next()`; resolves to the `Response` of one that answers by itself. */
  async enter(arounds: readonly PlannedAround[], request: AroundRequest): Promise<Response | undefined> {
    for (const planned of arounds) {
      const ended = await this.#start(planned, request);
      if (ended === undefined) continue;
      if ('thrown' in ended) throw ended.thrown;
      if (isResponse(ended.value)) return ended.value;
      const why = `"${planned.around.name}" ended without a call of next(), and returned no Response to answer with.`;
      throw new CortadoError('CORTADO_LIFECYCLE', `${request.scope.owner}: the function around it ${why}`);
    }
    return undefined;
  }

  /** Whether one still waits for the answer. */
  get isWaiting(): boolean {
    return this.#entered.length > 0;
  }

  /** Gives the innermost that waits the answer; resolves to the `Response` that it puts in its place. Throws what it throws. */
  async leave(answer: FinalAnswer): Promise<Response | undefined> {
    const { planned, answer: awaited, end } = this.#entered.pop()!;
    awaited.resolve(answer);
    const ended = await end;
    if ('thrown' in ended) throw ended.thrown;
    const { value } = ended;
    if (isResponse(value)) return value;
    if (value === undefined || value === answer) return undefined;
    const why = `around "${planned.around.name}" returned ${shown(value)}: return nothing, what next() gave, or a Response that takes its place.`;
    throw new CortadoError('CORTADO_RESPONSE_INVALID', why);
  }

  /** Tells all that wait that there will be no answer: the client has a 504, or is gone. */
  async abandon(why: unknown): Promise<void> {
    for (const { answer, end } of this.#entered.splice(0).reverse()) {
      answer.reject(why);
      await end;
    }
  }

  /** Resolves once the function has called `next()`, or to how it ended without. */
  async #start(planned: PlannedAround, { scope, context }: AroundRequest): Promise<Settled | undefined> {
    const { around, bindings } = planned;
    const called = Promise.withResolvers<undefined>();
    const answer = Promise.withResolvers<FinalAnswer>();
    // A function need not wait for what it was given.
    answer.promise.catch(() => {});
    let calls = 0;
    const next = (): Promise<FinalAnswer> => {
      if (++calls > 1) return Promise.reject(calledTwice(around.name));
      called.resolve(undefined);
      return answer.promise;
    };
    scope.phase = 'around';
    scope.step = around.name;
    const began = beginSegment();
    const end = settled(() => around.run(scope.arguments(bindings) as never, context as never, next as never));
    endSegment(began, 'around');
    const first = await Promise.race([called.promise, end]);
    if (first === undefined) this.#entered.push({ planned, answer, end });
    return first;
  }
}

export function calledTwice(name: string): CortadoError {
  return invalidOption(`around "${name}": next() was called twice; a request is answered once.`);
}

async function settled(run: () => unknown): Promise<Settled> {
  try {
    return { value: await run() };
  } catch (thrown) {
    return { thrown };
  }
}
