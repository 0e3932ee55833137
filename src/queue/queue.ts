import type { StandardSchemaV1 } from '@standard-schema/spec';
import { CortadoError } from '../base/error.ts';
import type { Logger } from '../base/logger.ts';
import { notAwaited } from '../base/not-awaited.ts';
import type { Inputs, Params, Values } from '../declare/values.ts';
import type { Component, ComponentParts, Host, Observe } from '../inject/component.ts';
import { Container } from '../inject/container.ts';
import { currentScope } from '../inject/scope.ts';
import type { Engine, Enqueued, NewTask, TaskFilter, TaskPage } from './contract/engine.ts';
import { Gate } from './contract/gate.ts';
import type { TaskState } from './contract/task-record.ts';
import { planTask } from './declare/plan-task.ts';
import { type QueueOptions, type QueueSettings, queueSettings } from './declare/queue-options.ts';
import { type ScheduleOptions, slotsOf } from './declare/schedule.ts';
import type { TaskDeclaration } from './declare/task-declaration.ts';
import { checkName, type TaskOptions, taskSettings } from './declare/task-options.ts';
import { type WorkerOptions, workerSettings } from './declare/worker-options.ts';
import { resolveEngine } from './engines/resolve-engine.ts';
import { takePlace } from './engines/take-place.ts';
import { EnqueueBuffer } from './enqueue/enqueue-buffer.ts';
import { newTask } from './enqueue/enqueue-options.ts';
import { Task, type TaskResult } from './enqueue/task.ts';
import type { TaskHost } from './enqueue/task-host.ts';
import { encodeInput } from './payload/encode-input.ts';
import { type QueueComponentOptions, queueParts } from './queue-component.ts';
import { quietLog } from './quiet-log.ts';
import { Keeper } from './run/keeper.ts';
import { type Schedule, Scheduler } from './run/scheduler.ts';
import type { TaskContext } from './run/task-context.ts';
import { Worker, type WorkerActivity } from './run/worker.ts';
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
  readonly #gate: Gate;
  readonly #buffer: EnqueueBuffer;
  readonly #tasks = new Map<string, TaskDeclaration>();
  readonly #returns = new Map<string, StandardSchemaV1>();
  readonly #planned = new Map<string, TaskDeclaration>();
  readonly #schedules = new Map<string, Schedule>();
  readonly #queues: Set<string>;
  readonly #remotes = new Map<string, string>();
  readonly #remoteQueues = new Set<string>();
  readonly #observers: Observe[] = [];
  #log: Logger;
  #hasWarned = false;
  #container: Container | undefined;
  #worker: Worker | undefined;
  #keeper: Keeper | undefined;

  constructor(options: QueueOptions = {}) {
    this.#options = options;
    this.#settings = queueSettings(options);
    this.#queues = new Set(['default', ...Object.keys(this.#settings.queues)]);
    this.#log = options.log ?? quietLog;
    const load = resolveEngine(options.engine ?? 'memory:', options.outbox);
    this.#gate = new Gate(load, this.#engineHost(), (task) => this.#returns.get(task));
    this.#buffer = new EnqueueBuffer(this.#gate);
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
    options: TaskOptions<P, S> = {},
  ): Task<P, TaskResult<unknown, S>> {
    const owner = `remote task "${name}"`;
    checkName('queue.remote()', name);
    const settings = taskSettings(owner, options as TaskOptions<never, S>);
    this.#remoteQueues.add(settings.queue);
    if (settings.returns !== undefined) this.#returns.set(name, settings.returns);
    // Of two declarations of one task, the one that names a queue knows more.
    if (settings.queue !== 'default' || !this.#remotes.has(name)) this.#remotes.set(name, settings.queue);
    const run = (): never => {
      throw new CortadoError('CORTADO_TASK_UNKNOWN', `${owner} has no code here.`);
    };
    return new Task({ name, settings, plan: planTask(owner, settings.params), run }, this.#taskHost());
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

  /** The engine, opened: for what only one kind of engine can do. */
  async engine(): Promise<Engine> {
    await this.#gate.open();
    return this.#gate.engine;
  }

  /** The names of the queues that tasks can be sent to. */
  get queues(): readonly string[] {
    return [...this.#queues];
  }

  /** The declared tasks. */
  get tasks(): readonly TaskDeclaration[] {
    return [...this.#tasks.values()];
  }

  /** The handle of any task, by its id. */
  handle(id: string): TaskHandle<unknown> {
    return new TaskHandle(this.#gate, id, false);
  }

  /** Tasks, newest first, at most `limit` (default 50); `cursor` of a page leads to the next. */
  list(filter: TaskFilter = {}, limit = 50, cursor?: string): Promise<TaskPage> {
    return pendingPage(this.#gate.use('list', filter, limit, cursor));
  }

  /** How many tasks are in each state, by queue. */
  counts(): Promise<Readonly<Record<string, Partial<Record<TaskState, number>>>>> {
    return this.#gate.use('counts');
  }

  /**
   * Deletes tasks that are over, in batches.
   *
   * @param before Milliseconds since the epoch: those that finished earlier.
   * @returns how many.
   */
  async prune(states: readonly TaskState[], before: number): Promise<number> {
    let total = 0;
    for (let pruned = 1; pruned > 0; total += pruned) pruned = await this.#gate.use('prune', states, before, 1000);
    return total;
  }

  /** Starts a worker in this process, for queues that no app uses; `close` stops it. */
  async work(options: WorkerOptions = {}): Promise<void> {
    if (this.#worker !== undefined)
      throw new CortadoError('CORTADO_LIFECYCLE', 'The queue has a worker in this process already.');
    const settings = workerSettings(options, this.queues);
    await this.#gate.open();
    this.#gate.need('work', 'run tasks here: other workers do');
    if (this.#schedules.size > 0) this.#gate.need('schedules', 'keep schedules');
    // What a schedule passes on is checked now, and not at night.
    for (const { task } of this.#schedules.values()) await task(0);
    const { clock, queues, payloadLimit, maxCrashes, keep } = this.#settings;
    const now = (): number => clock.now();
    const gate = this.#gate;
    const log = this.#log;
    this.#container ??= new Container(log);
    this.#worker = new Worker(settings, {
      gate,
      container: this.#container,
      log,
      now,
      payloadLimit,
      limits: queues,
      maxCrashes,
      elapsed: () => clock.elapsed(),
      due: (at) => this.#keeper?.due(at),
      find: (name) => this.#find(name),
      observers: this.#observers,
    });
    this.#keeper = new Keeper({
      gate,
      log,
      now,
      maxCrashes,
      keep,
      wake: this.#worker.wake,
      tick: new Scheduler(gate, [...this.#schedules.values()], now).tick,
    });
    this.#worker.start();
    this.#keeper.start();
  }

  /** Stops the worker of this process and disconnects. `signal` fires when there is no time left for tasks that run. */
  async close(signal: AbortSignal = AbortSignal.timeout(10_000)): Promise<void> {
    await this.#keeper?.stop();
    await this.#worker?.stop(signal);
    this.#keeper = undefined;
    this.#worker = undefined;
    await this.#gate.close(signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  '~component'(host: Host, options: QueueComponentOptions = {}): ComponentParts {
    takePlace(host.container, this, this.#options);
    this.#container = host.container;
    this.#log = host.log;
    host.container.onOverride(() => this.#planned.clear());
    return queueParts(this.#gate, options, {
      start: async (worker) => {
        for (const { plan } of this.#tasks.values()) host.container.declare(plan);
        await this.#gate.open();
        if (worker !== undefined) await this.work(worker);
      },
      stop: (signal) => this.close(signal),
      self: this,
      activity: () => this.#worker?.activity ?? idle,
      observe: (listener) => void this.#observers.push(listener),
    });
  }

  #declare(name: string, rest: readonly unknown[]): Task<never, never> {
    const owner = `task "${name}"`;
    checkName('queue.task()', name);
    const [options, run] = rest.length > 1 ? rest : [{}, rest[0]];
    if (typeof run !== 'function' || typeof options !== 'object' || options === null)
      throw new CortadoError('CORTADO_OPTION_INVALID', `${owner}: expected task(name, fn) or task(name, options, fn).`);
    if (this.#tasks.has(name)) throw new CortadoError('CORTADO_TASK_NAME', `${owner} is declared twice.`);
    const settings = taskSettings(owner, options);
    const plan = planTask(owner, settings.params);
    const declaration: TaskDeclaration = { name, settings, plan, run: run as TaskDeclaration['run'] };
    this.#tasks.set(name, declaration);
    this.#queues.add(settings.queue);
    if (settings.returns !== undefined) this.#returns.set(name, settings.returns);
    return new Task<never, never>(declaration, this.#taskHost());
  }

  #taskHost(): TaskHost {
    return {
      gate: this.#gate,
      payloadLimit: this.#settings.payloadLimit,
      now: () => this.#settings.clock.now(),
      enqueue: (task) => this.#enqueue(task),
      enqueueAll: (tasks) => this.#enqueueAll(tasks),
    };
  }

  async #slotTask(schedule: string, slot: number, task: TaskDeclaration, input: object): Promise<NewTask> {
    const { parse, stringify } = this.#gate;
    const limit = this.#settings.payloadLimit;
    const text = await encodeInput(`schedule "${schedule}"`, task.plan, input, { limit, parse, stringify });
    const headers = { 'cortado-schedule': schedule, 'cortado-slot': new Date(slot).toISOString() };
    return newTask(task, text, { id: `${schedule}.${slot}`, headers }, this.#settings.clock.now());
  }

  // With overrides, as tests put them in place.
  #find(name: string): TaskDeclaration | undefined {
    const planned = this.#planned.get(name);
    if (planned !== undefined) return planned;
    const declared = this.#tasks.get(name);
    if (declared === undefined) return undefined;
    const plan = planTask(`task "${name}"`, declared.settings.params, this.#container?.substitute);
    const found = { ...declared, plan };
    this.#planned.set(name, found);
    return found;
  }

  async #enqueue(task: NewTask): Promise<Enqueued> {
    await this.#gate.open();
    this.#accept(task);
    const transaction = this.#gate.currentTransaction();
    if (transaction === undefined) return this.#buffer.add(task);
    const [enqueued] = await this.#gate.enqueue([task], transaction);
    return enqueued!;
  }

  async #enqueueAll(tasks: readonly NewTask[]): Promise<readonly Enqueued[]> {
    await this.#gate.open();
    for (const task of tasks) this.#accept(task);
    return this.#gate.enqueue(tasks, this.#gate.currentTransaction());
  }

  #accept(task: NewTask): void {
    const { name, queue, runAt, createdAt } = task;
    this.#gate.check(task);
    if (!this.#queues.has(queue) && !this.#remoteQueues.has(queue)) {
      const known = this.queues.join(', ');
      throw new CortadoError(
        'CORTADO_TASK_NAME',
        `task "${name}": there is no queue "${queue}", so nobody would run it. Known queues: ${known}.`,
      );
    }
    if (this.#container === undefined) this.#warnOfNobody(name);
    if (runAt > createdAt) this.#keeper?.due(runAt);
  }

  // Outside of requests and tasks a worker may still be started, by a script for example.
  #warnOfNobody(task: string): void {
    const log = currentScope()?.context.log;
    if (log === undefined || this.#hasWarned || this.#gate.capabilities.shared) return;
    this.#hasWarned = true;
    const { label } = this.#gate.engine;
    log.warn(
      { task },
      `task "${task}" is enqueued, and nobody runs it: no app uses its queue (${label}), and no other process sees it. Call app.use(queue).`,
    );
  }

  #engineHost(): ConstructorParameters<typeof Gate>[1] {
    const queue = this;
    return {
      get log() {
        return queue.#log;
      },
      clock: this.#settings.clock,
      wake: () => queue.#worker?.wake(),
      interrupt: () => queue.#worker?.interrupt(),
      parameters: (task) =>
        queue.#tasks.get(task)?.plan.fields.map(({ key: name, field: { required } }) => ({ name, required })),
      queueOf: (task) => queue.#tasks.get(task)?.settings.queue ?? queue.#remotes.get(task),
      payloadLimit: this.#settings.payloadLimit,
      taskNames: () => [...queue.#tasks.keys()],
    };
  }
}
