import type { StandardSchemaV1 } from '@standard-schema/spec';
import { CortadoError, invalidOption } from '../base/error.ts';
import { notAwaited } from '../base/not-awaited.ts';
import { processSettings } from '../base/process/process-settings.ts';
import { quietLog } from '../base/process/quiet-log.ts';
import type { Inputs, Params, Values } from '../declare/values.ts';
import type { Component, ComponentParts, Host, Observe } from '../inject/component.ts';
import { Container } from '../inject/container.ts';
import type { EngineHost, NewTask, TaskFilter, TaskPage } from './contract/engine.ts';
import type { Gate } from './contract/gate.ts';
import { LazyGate } from './contract/lazy-gate.ts';
import type { TaskState } from './contract/task-record.ts';
import { planTask } from './declare/plan-task.ts';
import { type QueueOptions, type QueueSettings, queueSettings } from './declare/queue-options.ts';
import { type ScheduleOptions, slotsOf } from './declare/schedule.ts';
import type { TaskDeclaration } from './declare/task-declaration.ts';
import {
  checkName,
  checkPositional,
  type RemoteTaskOptions,
  type TaskOptions,
  taskSettings,
} from './declare/task-options.ts';
import { TaskRegistry } from './declare/task-registry.ts';
import { type WorkerOptions, workerSettings } from './declare/worker-options.ts';
import { resolveEngine } from './engines/resolve-engine.ts';
import { takePlace } from './engines/take-place.ts';
import { newTask } from './enqueue/enqueue-options.ts';
import { Enqueuer } from './enqueue/enqueuer.ts';
import { Task, type TaskResult } from './enqueue/task.ts';
import { encodeInput } from './payload/encode-input.ts';
import { type QueueComponentOptions, queueParts } from './queue-component.ts';
import type { Schedule } from './run/scheduler.ts';
import { type QueueWorker, startQueueWorker } from './run/start-queue-worker.ts';
import type { TaskContext } from './run/task-context.ts';
import type { WorkerActivity } from './run/worker.ts';
import { TaskHandle } from './watch/task-handle.ts';

const pendingPage = notAwaited('queue.list()', ['tasks', 'cursor']);

const idle: WorkerActivity = { running: 0, concurrency: 0, succeeded: 0, failed: 0, retried: 0 };

/** The function of a task. */
export type TaskFunction<P extends Params, R> = (values: Values<P>, context: TaskContext) => R;

/** What the function of a task with a `returns` schema may return. */
export type TaskReturned<S extends StandardSchemaV1 | undefined> = Eventually<
  StandardSchemaV1.InferInput<Exclude<S, undefined>>
>;

type Eventually<T> = T | Promise<T> | PromiseLike<T>;

/** Declares tasks; see {@link Queue.task}. */
export interface DeclareTask {
  <P extends Params = Record<never, never>, S extends StandardSchemaV1 | undefined = undefined, R = unknown>(
    name: string,
    options: TaskOptions<P, S>,
    // Deferred until `S` is known: else the function is looked at while it is not, and the literals that it returns become strings.
    run: [S] extends [undefined] ? TaskFunction<P, R> : TaskFunction<P, TaskReturned<S>>,
  ): Task<P, TaskResult<R, S>>;
  <R>(name: string, run: TaskFunction<Record<never, never>, R>): Task<Record<never, never>, TaskResult<R, undefined>>;
}

/**
 * Tasks that survive: declared like routes, stored before `enqueue` returns, run by workers at least once.
 *
 * @throws CortadoError at declaration, wherever an option, a URL or a task does not fit.
 * @example
 * ```ts
 * export const queue = new Queue({ engine: process.env.QUEUE_URL ?? db });
 * export const sendEmail = queue.task('send-email', { params: { to: z.email() }, retries: 3 }, async ({ to }) => `Email sent to ${to}`);
 * app.use(queue, { prefix: '/tasks' });
 * const { id } = await sendEmail.enqueue({ to: 'ada@example.com' });
 * ```
 */
export class Queue implements Component<QueueComponentOptions | undefined>, AsyncDisposable {
  readonly #options: QueueOptions;
  readonly #settings: QueueSettings;
  readonly #registry: TaskRegistry;
  readonly #gate: LazyGate;
  readonly #enqueuer: Enqueuer;
  readonly #schedules = new Map<string, Schedule>();
  readonly #observers: Observe[] = [];
  /** The app that uses it, or what stands for one where none does. */
  #host: Pick<Host, 'log' | 'container' | 'settings'> | undefined;
  #worker: QueueWorker | undefined;

  constructor(options: QueueOptions = {}) {
    this.#options = options;
    this.#settings = queueSettings(options);
    this.#registry = new TaskRegistry(Object.keys(this.#settings.queues));
    const load = resolveEngine(options.engine ?? 'memory:', options.outbox);
    this.#gate = new LazyGate(load, this.#engineHost(), this.#registry.returnsOf);
    this.#enqueuer = new Enqueuer({
      gate: this.#gate,
      registry: this.#registry,
      payloadLimit: this.#settings.payloadLimit,
      now: () => this.#settings.clock.now(),
      isUsed: () => this.#host !== undefined,
      due: (at) => this.#worker?.due(at),
    });
  }

  /**
   * Declares a task: its name, which stays the same in storage for as long as tasks may wait; its inputs and rules; its function.
   *
   * @example
   * ```ts
   * const resize = queue.task('resize', { params: { photo: z.string(), session: db.session }, timeout: 60_000 }, async ({ photo }, { progress }) => { … });
   * ```
   */
  readonly task: DeclareTask = (name: string, ...rest: readonly unknown[]) => this.#declare(name, rest);

  /**
   * Declares a task whose code lives elsewhere, in a Python worker for example: it can be enqueued, and is never run here.
   *
   * @example
   * ```ts
   * const add = queue.remote('app.add', { params: { x: z.int(), y: z.int() }, returns: z.int() });
   * ```
   */
  remote<P extends Params = Record<never, never>, S extends StandardSchemaV1 | undefined = undefined>(
    name: string,
    options: RemoteTaskOptions<P, S> = {},
  ): Task<P, TaskResult<unknown, S>> {
    const owner = `remote task "${name}"`;
    checkName('queue.remote()', name);
    const { positional, ...rest } = options;
    checkPositional(owner, positional);
    const settings = taskSettings(owner, rest as TaskOptions<never, S>);
    const { queue, returns, params } = settings;
    const plan = planTask(owner, params);
    this.#registry.addRemote({ name, queue, plan, returns, positional });
    const run = (): never => {
      throw new CortadoError('CORTADO_TASK_UNKNOWN', `${owner} has no code here.`);
    };
    return new Task({ name, settings, plan, positional, run }, this.#enqueuer);
  }

  /**
   * Runs a task at given times. No process is in charge: every worker inserts the task of a slot, and the engine accepts each slot once.
   *
   * @param name Its name, which stays the same in storage.
   * @param input What the task takes; left out where nothing in it is required.
   * @throws CortadoError `CORTADO_SCHEDULE_INVALID`, `CORTADO_TASK_NAME`.
   * @example
   * ```ts
   * queue.schedule('nightly-report', { cron: '0 3 * * *', timezone: 'Asia/Taipei', missed: 'one' }, report, { format: 'pdf' });
   * ```
   */
  schedule<P extends Params, R>(
    name: string,
    when: ScheduleOptions,
    task: Task<P, R>,
    ...[input]: Record<never, never> extends Inputs<P> ? [input?: Inputs<P>] : [input: Inputs<P>]
  ): void {
    const owner = `schedule "${name}"`;
    checkName('queue.schedule()', name);
    if (this.#schedules.has(name)) throw new CortadoError('CORTADO_TASK_NAME', `${owner} is declared twice.`);
    if (!(task instanceof Task))
      throw new CortadoError('CORTADO_SCHEDULE_INVALID', `${owner}: its task must come from queue.task().`);
    const slots = slotsOf(owner, when);
    const given: object = input ?? {};
    this.#schedules.set(name, { name, slots, task: (slot) => this.#slotTask(name, slot, task.declaration, given) });
  }

  /** The declared schedules, and when each runs next. */
  get schedules(): readonly { readonly name: string; readonly next: Date | undefined }[] {
    const now = this.#settings.clock.now();
    return [...this.#schedules.values()].map(({ name, slots }) => {
      const next = slots.next(now);
      return { name, next: next === undefined ? undefined : new Date(next) };
    });
  }

  /**
   * Connects to the engine, unless that has been done, and returns the gate that every call of it goes through: what the engine promises, and
   * the methods of its contract.
   *
   * @throws what the storage throws.
   * @example
   * ```ts
   * const { kind, label, capabilities } = await queue.open();
   * ```
   */
  open(): Promise<Gate> {
    return this.#gate.open();
  }

  /** The names of the queues that tasks can be sent to. */
  get queues(): readonly string[] {
    return this.#registry.queues;
  }

  /** The declared tasks. */
  get tasks(): readonly TaskDeclaration[] {
    return this.#registry.tasks;
  }

  /** The handle of any task, by its id. */
  handle(id: string): TaskHandle<unknown> {
    return new TaskHandle(this.#gate, id, false);
  }

  /** Tasks, newest first, at most `limit` (default 50); `cursor` of a page leads to the next. */
  list(filter: TaskFilter = {}, limit = 50, cursor?: string): Promise<TaskPage> {
    return pendingPage(this.#gate.open().then((gate) => gate.ask('list', filter, limit, cursor)));
  }

  /** How many tasks are in each state, by queue. */
  async counts(): Promise<Readonly<Record<string, Partial<Record<TaskState, number>>>>> {
    return (await this.#gate.open()).ask('counts');
  }

  /**
   * Deletes tasks that are over, in batches.
   *
   * @param before Milliseconds since the epoch: those that finished earlier.
   * @returns how many.
   */
  async prune(states: readonly TaskState[], before: number): Promise<number> {
    const gate = await this.#gate.open();
    let total = 0;
    for (let pruned = 1; pruned > 0; total += pruned) pruned = await gate.ask('prune', states, before, 1000);
    return total;
  }

  /** Starts a worker in this process, for queues that no app uses; `close` stops it. */
  async work(options: WorkerOptions = {}): Promise<void> {
    if (this.#worker !== undefined)
      throw new CortadoError('CORTADO_LIFECYCLE', 'The queue has a worker in this process already.');
    const worker = workerSettings(options, this.queues);
    const gate = await this.#gate.open();
    gate.need('work', 'run tasks here: other workers do');
    if (this.#schedules.size > 0) gate.need('schedules', 'keep schedules');
    const schedules = [...this.#schedules.values()];
    // What a schedule passes on is checked now, and not at night.
    for (const { task } of schedules) await task(0);
    const own = this.#options.log ?? quietLog;
    this.#host ??= { log: own, container: new Container(own), settings: processSettings() };
    const { log, container, settings } = this.#host;
    this.#worker = startQueueWorker(worker, {
      gate,
      container,
      schedules,
      log,
      settings: this.#settings,
      find: (name) => this.#registry.find(name, container),
      observers: this.#observers,
      logsRuns: settings.taskLog,
    });
  }

  /** Stops the worker of this process and disconnects. `signal` fires when there is no time left for tasks that run. */
  async close(signal: AbortSignal = AbortSignal.timeout(10_000)): Promise<void> {
    await this.#worker?.stop(signal);
    this.#worker = undefined;
    await this.#gate.close(signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  '~component'(host: Host, options: QueueComponentOptions = {}): ComponentParts {
    takePlace(host.container, this, this.#options);
    this.#host = host;
    host.container.onOverride(() => this.#registry.planAnew());
    return queueParts(this.#gate, options, {
      start: async (worker) => {
        for (const { plan } of this.#registry.tasks) host.container.declare(plan);
        await this.#gate.open();
        if (worker !== undefined) await this.work(worker);
      },
      stop: (signal) => this.close(signal),
      self: this,
      registry: this.#registry,
      settings: host.settings,
      activity: () => this.#worker?.activity ?? idle,
      observe: (listener) => void this.#observers.push(listener),
    });
  }

  #declare(name: string, rest: readonly unknown[]): Task<never, never> {
    const owner = `task "${name}"`;
    checkName('queue.task()', name);
    const [options, run] = rest.length > 1 ? rest : [{}, rest[0]];
    if (typeof run !== 'function' || typeof options !== 'object' || options === null)
      throw invalidOption(`${owner}: expected task(name, fn) or task(name, options, fn).`);
    this.#registry.refuseSecond(owner, name);
    const settings = taskSettings(owner, options);
    const plan = planTask(owner, settings.params);
    const declaration: TaskDeclaration = { name, settings, plan, run: run as TaskDeclaration['run'] };
    this.#registry.add(declaration);
    return new Task<never, never>(declaration, this.#enqueuer);
  }

  async #slotTask(schedule: string, slot: number, task: TaskDeclaration, input: object): Promise<NewTask> {
    const { parse, stringify } = await this.#gate.open();
    const limit = this.#settings.payloadLimit;
    const text = await encodeInput(`schedule "${schedule}"`, task.plan, input, { limit, parse, stringify });
    const headers = { 'cortado-schedule': schedule, 'cortado-slot': new Date(slot).toISOString() };
    return newTask(task, text, { id: `${schedule}.${slot}`, headers }, this.#settings.clock.now());
  }

  #engineHost(): EngineHost {
    const queue = this;
    return {
      get log() {
        return queue.#host?.log ?? queue.#options.log ?? quietLog;
      },
      clock: this.#settings.clock,
      wake: () => queue.#worker?.wake(),
      interrupt: () => queue.#worker?.interrupt(),
      payloadLimit: this.#settings.payloadLimit,
      tasks: this.#registry,
    };
  }
}
