import { currentScope } from '../../inject/scope.ts';
import type { Enqueued, NewTask } from '../contract/engine.ts';
import type { Gate } from '../contract/gate.ts';
import type { LazyGate } from '../contract/lazy-gate.ts';
import type { TaskRegistry } from '../declare/task-registry.ts';
import { EnqueueBuffer } from './enqueue-buffer.ts';
import type { TaskHost } from './task-host.ts';

export interface EnqueuerOptions extends Pick<TaskHost, 'gate' | 'payloadLimit' | 'now'> {
  readonly registry: TaskRegistry;
  readonly isUsed: () => boolean;
  /** Told when a task becomes due later. */
  readonly due: (at: number) => void;
}

/** The road of a task from its declaration into storage: every task is checked once, before it joins those of others. */
export class Enqueuer implements TaskHost {
  readonly gate: LazyGate;
  readonly payloadLimit: number;
  readonly now: () => number;
  readonly #options: EnqueuerOptions;
  readonly #buffer: EnqueueBuffer;
  #hasWarned = false;

  constructor(options: EnqueuerOptions) {
    this.#options = options;
    this.gate = options.gate;
    this.payloadLimit = options.payloadLimit;
    this.now = options.now;
    this.#buffer = new EnqueueBuffer(async (tasks) => (await options.gate.open()).enqueue(tasks));
  }

  async enqueue(task: NewTask, gate: Gate): Promise<Enqueued> {
    this.#accept(task, gate);
    const transaction = gate.currentTransaction();
    if (transaction === undefined) return this.#buffer.add(task);
    const [enqueued] = await gate.enqueue([task], transaction);
    return enqueued!;
  }

  async enqueueAll(tasks: readonly NewTask[], gate: Gate): Promise<readonly Enqueued[]> {
    for (const task of tasks) this.#accept(task, gate);
    return gate.enqueue(tasks, gate.currentTransaction());
  }

  #accept(task: NewTask, gate: Gate): void {
    const { registry, isUsed, due } = this.#options;
    const { name, queue, runAt, createdAt } = task;
    gate.accept(task);
    registry.needQueue(name, queue);
    if (!isUsed()) this.#warnOfNobody(name, gate);
    if (runAt > createdAt) due(runAt);
  }

  // Outside of requests and tasks a worker may still be started, by a script for example.
  #warnOfNobody(task: string, { capabilities, label }: Gate): void {
    const log = currentScope()?.context.log;
    if (log === undefined || this.#hasWarned || capabilities.shared) return;
    this.#hasWarned = true;
    log.warn(
      { task },
      `task "${task}" is enqueued, and nobody runs it: no app uses its queue (${label}), and no other process sees it. Call app.use(queue).`,
    );
  }
}
