import { tracingChannel } from 'node:diagnostics_channel';
import type { StandardSchemaV1 } from '@standard-schema/spec';
import { CortadoError, invalidOption } from '../../base/error.ts';
import { readJson, writeJson } from '../../base/json/exact-json.ts';
import { reviveResult } from '../payload/revive-result.ts';
import type { Capabilities } from './capabilities.ts';
import type {
  BuiltInTask,
  CancelResult,
  Claim,
  ClaimRef,
  ClaimRequest,
  Engine,
  EngineHost,
  Enqueued,
  Finish,
  Interruption,
  Maintenance,
  MaintenancePolicy,
  NewTask,
  OpenEngine,
  TaskStorage,
  WorkerSide,
} from './engine.ts';
import type { OpenOutbox, Outbox } from './outbox.ts';
import type { TaskRecord } from './task-record.ts';

/** What is published on the tracing channel `cortado:queue` around every call of an engine. */
export interface QueueTrace {
  readonly operation: keyof TaskStorage | keyof WorkerSide;
  readonly engine: string;
  /** How many tasks the call is about. */
  readonly tasks: number;
}

/** An engine that is not open yet, and the outbox before it, if there is one. */
export interface EngineParts {
  readonly engine: Engine;
  readonly outbox?: Outbox | undefined;
}

// For OpenTelemetry and the like: costs next to nothing while nobody listens.
const channel = tracingChannel<object, QueueTrace>('cortado:queue');

/**
 * An open engine: all calls of its contract go through here, and nothing else reaches it. The gate refuses what the engine does not promise,
 * puts an outbox before it, and publishes every call on the tracing channel.
 */
export class Gate {
  /** `memory`, `sql`, `bullmq`, `celery`. */
  readonly kind: string;
  /** Where the tasks are, for messages; holds no password. */
  readonly label: string;
  readonly capabilities: Capabilities;
  readonly #returnsOf: (task: string) => StandardSchemaV1 | undefined;
  readonly #open: OpenEngine;
  readonly #outbox: OpenOutbox | undefined;
  readonly #front: Pick<TaskStorage, 'currentTransaction' | 'enqueue' | 'get' | 'cancel'>;

  private constructor(
    { kind, label, capabilities }: Engine,
    open: OpenEngine,
    outbox: OpenOutbox | undefined,
    returnsOf: (task: string) => StandardSchemaV1 | undefined,
  ) {
    this.kind = kind;
    this.label = label;
    // The transaction of an outbox is of another database than the end of a run.
    this.capabilities =
      outbox === undefined ? capabilities : { ...capabilities, transactional: true, atomicEnd: false };
    this.#returnsOf = returnsOf;
    this.#open = open;
    this.#outbox = outbox;
    this.#front = outbox ?? open.storage;
  }

  /** Opens an engine; `returnsOf` gives the schema of what a task returns. */
  static async open(
    { engine, outbox }: EngineParts,
    host: EngineHost,
    returnsOf: (task: string) => StandardSchemaV1 | undefined,
  ): Promise<Gate> {
    const open = await engine.open(host);
    try {
      return new Gate(engine, open, await outbox?.open(open.storage, host), returnsOf);
    } catch (error) {
      await open.close(AbortSignal.timeout(1000)).catch(() => {});
      throw error;
    }
  }

  async close(signal: AbortSignal): Promise<void> {
    await this.#outbox?.close();
    await this.#open.close(signal);
  }

  /** Why the storage is out of reach, where that is known without asking. */
  get away(): string | undefined {
    return this.#open.storage.away;
  }

  /** Looks whether the storage can be reached, for `away` to tell. */
  async check(): Promise<void> {
    await this.#open.storage.check?.();
  }

  /** Reads the JSON text of an input or result. */
  readonly parse = (text: string): unknown => (this.#open.storage.parse ?? readJson)(text);

  /** Writes the JSON text of an input or result. */
  readonly stringify = (value: unknown): string => (this.#open.storage.stringify ?? writeJson)(value);

  resultOf({ name, result = 'null' }: Pick<TaskRecord, 'name' | 'result'>): unknown {
    return reviveResult(this.#returnsOf(name), this.parse(result));
  }

  /** Throws where the engine does not promise what is needed to `what`. */
  need(capability: keyof Capabilities, what: string): void {
    if (this.capabilities[capability] === false) throw this.#unsupported(what);
  }

  /**
   * Refuses a task of which the engine does not promise everything, so that no option is dropped in silence. Called for each task before it
   * joins those of others, which it would take down with it.
   */
  accept({ name, priority, createdAt, runAt, expiresAt, unique, after }: NewTask): void {
    const range = this.capabilities.priority;
    if (priority !== 0) {
      this.need('priority', `give "${name}" a priority`);
      if (range !== false && (priority < range.min || priority > range.max)) {
        throw invalidOption(
          `"${name}": the ${this.kind} engine has priorities from ${range.min} to ${range.max}, not ${priority}.`,
        );
      }
    }
    if (runAt > createdAt) this.need('delay', `run "${name}" later`);
    if (expiresAt !== undefined) this.need('expires', `let "${name}" expire`);
    if (unique !== undefined) this.need('unique', `keep "${name}" unique`);
    if (after.length > 0) this.need('flows', `let "${name}" wait for other tasks`);
  }

  /** The open transaction of the running code that tasks would be stored in. */
  currentTransaction(): object | undefined {
    return this.#front.currentTransaction?.();
  }

  /** Stores tasks that {@link accept} has passed; with a transaction, when that commits. */
  enqueue(tasks: readonly NewTask[], transaction?: object): Promise<readonly Enqueued[]> {
    return this.#traced('enqueue', tasks.length, () => this.#front.enqueue(tasks, transaction));
  }

  get(id: string): Promise<TaskRecord | undefined> {
    this.need('results', 'read a task');
    return this.#traced('get', 1, () => this.#front.get(id));
  }

  cancel(id: string, reason: string): Promise<CancelResult> {
    this.need('cancel', 'cancel a task');
    return this.#traced('cancel', 1, () => this.#front.cancel(id, reason));
  }

  watch(id: string | undefined, listener: () => void): () => void {
    const watch = (): (() => void) => this.#open.storage.watch(id, listener);
    return channel.hasSubscribers ? channel.traceSync(watch, this.#trace('watch', 1)) : watch();
  }

  /** Calls a method of the clients' half that not every engine has. */
  ask<M extends Optional<TaskStorage>>(method: M, ...args: Given<TaskStorage, M>): Called<TaskStorage, M> {
    return this.#use(this.#open.storage, method, args) as Called<TaskStorage, M>;
  }

  claim(request: ClaimRequest): Promise<readonly Claim[]> {
    return this.#traced('claim', request.limit, () => this.#worker.claim(request));
  }

  /** What a claim runs that the engine's protocol has built in; `undefined` for any other. */
  builtIn(claim: Claim): BuiltInTask | undefined {
    return this.#worker.builtIn?.(claim);
  }

  heartbeat(worker: string, claims: readonly ClaimRef[], lease: number): Promise<readonly Interruption[]> {
    return this.#traced('heartbeat', claims.length, () => this.#worker.heartbeat(worker, claims, lease));
  }

  finish(ends: readonly Finish[]): Promise<readonly boolean[]> {
    return this.#traced('finish', ends.length, () => this.#worker.finish(ends));
  }

  /** Has the end of a run stored with an open transaction; `undefined` where that has written nothing. */
  joinEnd(end: Finish, transaction: object): (() => boolean) | undefined {
    return this.#worker.joinEnd?.(end, transaction);
  }

  maintain(policy: MaintenancePolicy): Promise<Maintenance> {
    return this.#traced('maintain', 0, () => this.#worker.maintain(policy));
  }

  /** Calls a method of the workers' half that not every engine has. */
  tell<M extends Optional<WorkerSide>>(method: M, ...args: Given<WorkerSide, M>): Called<WorkerSide, M> {
    return this.#use(this.#worker, method, args) as Called<WorkerSide, M>;
  }

  get #worker(): WorkerSide {
    const { worker } = this.#open;
    if (worker === undefined) throw this.#unsupported('run tasks here: other workers do');
    return worker;
  }

  async #use<H extends TaskStorage | WorkerSide, M extends keyof H & QueueTrace['operation']>(
    half: H,
    method: M,
    args: readonly unknown[],
  ): Promise<unknown> {
    const call = half[method] as ((...args: unknown[]) => Promise<unknown>) | undefined;
    if (call === undefined) throw this.#unsupported(method);
    return this.#traced(method, 1, () => call.apply(half, [...args]));
  }

  #unsupported(what: string): CortadoError {
    const message = `The ${this.kind} engine (${this.label}) cannot ${what}.`;
    return new CortadoError('CORTADO_QUEUE_UNSUPPORTED', message, { status: 501 });
  }

  #trace(operation: QueueTrace['operation'], tasks: number): QueueTrace {
    return { operation, engine: this.kind, tasks };
  }

  async #traced<T>(operation: QueueTrace['operation'], tasks: number, work: () => Promise<T>): Promise<T> {
    if (!channel.hasSubscribers) return work();
    return channel.tracePromise(work, this.#trace(operation, tasks)) as Promise<T>;
  }
}

type Optional<H> = {
  [K in keyof H & string]-?: undefined extends H[K] ? (Method<H, K> extends never ? never : K) : never;
}[keyof H & string];

// Not NonNullable: without `strict`, a user's compiler sees every member as optional, also those that are no methods.
type Method<H, M extends keyof H> = Extract<H[M], (...args: never[]) => Promise<unknown>>;
type Given<H, M extends keyof H> = Parameters<Method<H, M>>;
type Called<H, M extends keyof H> = ReturnType<Method<H, M>>;
