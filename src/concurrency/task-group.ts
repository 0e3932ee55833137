import { checkOptions } from '../base/check-options.ts';
import { CortadoError, invalidOption } from '../base/error.ts';
import { checkConcurrency } from './check-works.ts';
import { combineFailures } from './combine-failures.ts';
import { currentEnding, innerFrame, runInFrame } from './frame.ts';
import type { Work } from './gather.ts';
import { linkedController } from './linked-controller.ts';

/** Options of {@link taskGroup}. */
export interface TaskGroupOptions {
  /** Ends all of it. Default: the signal of the request or task that the group is in. */
  readonly signal?: AbortSignal;
  /** How many works run at once; further ones wait for their turn, in order. Default: all. */
  readonly concurrency?: number;
}

/** What the function of a {@link taskGroup} starts works with. */
export interface TaskGroup {
  /** Fires when one of the group has failed, or the group is to end. */
  readonly signal: AbortSignal;
  /**
   * Starts a work that belongs to the group. The result may be awaited or not: a failure ends the group either way.
   *
   * @throws CortadoError `CORTADO_LIFECYCLE` once the group has ended.
   */
  spawn<T>(work: Work<T>): Promise<Awaited<T>>;
}

/**
 * Runs a function that may start further works at any time, and waits for all of them: Python's `TaskGroup`. The first failure, of a work
 * or of the function itself, aborts the rest; works that wait for their turn never start; all are awaited; nothing is left running.
 *
 * It takes a function, and is not used with `await using`: only around a function can it tell whether the code of the group failed, so
 * that its works are aborted and not waited for; and only a function can be given a signal that fires when one of its works fails.
 *
 * @throws the first failure; an `AggregateError` with the first failure as its `cause` when several failed for reasons of their own.
 * @example
 * ```ts
 * const pages = await taskGroup(async (group) => {
 *   const found: Promise<Page>[] = [];
 *   for await (const url of sitemap()) found.push(group.spawn((signal) => load(url, { signal })));
 *   return Promise.all(found);
 * }, { concurrency: 10 });
 * ```
 */
export async function taskGroup<T>(
  run: (group: TaskGroup) => T | Promise<T>,
  options: TaskGroupOptions = {},
): Promise<Awaited<T>> {
  checkOptions('taskGroup()', options, ['signal', 'concurrency']);
  const { concurrency = Number.POSITIVE_INFINITY } = options;
  checkConcurrency('taskGroup()', concurrency);
  const { controller, unlink } = linkedController(options.signal ?? currentEnding());
  const group = new Group(controller, concurrency);
  try {
    controller.signal.throwIfAborted();
    return await group.whole(run);
  } finally {
    unlink();
  }
}

class Group implements TaskGroup {
  readonly signal: AbortSignal;
  readonly #controller: AbortController;
  readonly #failures: unknown[] = [];
  readonly #running = new Set<Promise<unknown>>();
  readonly #turns: (() => void)[] = [];
  #free: number;
  #ended = false;

  constructor(controller: AbortController, concurrency: number) {
    this.#controller = controller;
    this.signal = controller.signal;
    this.#free = concurrency;
  }

  async whole<T>(run: (group: TaskGroup) => T | Promise<T>): Promise<Awaited<T>> {
    const result = await this.#supervise(async () => run(this)).catch(() => undefined);
    // Works may start others for as long as they run.
    while (this.#running.size > 0) await Promise.allSettled(this.#running);
    this.#ended = true;
    if (this.#failures.length > 0) throw combineFailures('taskGroup()', this.#failures, this.signal.reason);
    this.signal.throwIfAborted();
    return result as Awaited<T>;
  }

  spawn<T>(work: Work<T>): Promise<Awaited<T>> {
    if (typeof work !== 'function') throw invalidOption('taskGroup(): spawn() takes a function, () => work().');
    if (this.#ended)
      throw new CortadoError('CORTADO_LIFECYCLE', 'taskGroup(): the group has ended, so nothing can start in it.');
    const running = this.#inTurn(work);
    this.#running.add(running);
    const leave = (): void => void this.#running.delete(running);
    // The group tells of its failure, whether anybody awaits it or not.
    running.then(leave, leave);
    return running;
  }

  async #inTurn<T>(work: Work<T>): Promise<Awaited<T>> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((resolve) => this.#turns.push(resolve));
    try {
      // Whoever is told to end before the start did not fail.
      this.signal.throwIfAborted();
      return await this.#supervise(async () => work(this.signal));
    } finally {
      const next = this.#turns.shift();
      if (next === undefined) this.#free++;
      else next();
    }
  }

  async #supervise<T>(work: () => Promise<T>): Promise<Awaited<T>> {
    try {
      return await runInFrame(innerFrame(this.signal), work);
    } catch (error) {
      this.#failures.push(error);
      this.#controller.abort(error);
      throw error;
    }
  }
}
