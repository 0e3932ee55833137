import { tracingChannel } from 'node:diagnostics_channel';
import type { StandardSchemaV1 } from '@standard-schema/spec';
import { CortadoError } from '../../base/error.ts';
import { readJson, writeJson } from '../payload/exact-json.ts';
import { reviveResult } from '../payload/revive-result.ts';
import type {
  CancelResult,
  Capabilities,
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
} from './engine.ts';
import type { TaskRecord } from './task-record.ts';

type Optional = {
  [K in keyof Engine]-?: undefined extends Engine[K] ? (NonNullable<Engine[K]> extends string ? never : K) : never;
}[keyof Engine];

/** What is published on the tracing channel `cortado:queue` around every call of an engine. */
export interface QueueTrace {
  readonly operation: keyof Engine;
  readonly engine: string;
  /** How many tasks the call is about. */
  readonly tasks: number;
}

// For OpenTelemetry and the like: costs next to nothing while nobody listens.
const channel = tracingChannel<object, QueueTrace>('cortado:queue');

/**
 * The only way to an engine: opens it when it is first needed, refuses what it does not promise, and tells who listens of every call.
 */
export class Gate {
  readonly #load: () => Promise<Engine>;
  readonly #host: EngineHost;
  readonly #returnsOf: (task: string) => StandardSchemaV1 | undefined;
  #engine: Engine | undefined;
  #opening: Promise<void> | undefined;
  #isOpen = false;

  /** `load` fetches the engine when it is first needed, so that the packages of others need not be there. */
  constructor(
    load: () => Promise<Engine>,
    host: EngineHost,
    returnsOf: (task: string) => StandardSchemaV1 | undefined = () => undefined,
  ) {
    this.#load = load;
    this.#host = host;
    this.#returnsOf = returnsOf;
  }

  /** The engine, once the gate has been open. */
  get engine(): Engine {
    if (this.#engine !== undefined) return this.#engine;
    throw new CortadoError('CORTADO_LIFECYCLE', 'The queue has not been opened yet.');
  }

  get capabilities(): Capabilities {
    return this.engine.capabilities;
  }

  async open(): Promise<void> {
    if (this.#isOpen) return;
    this.#opening ??= this.#open();
    try {
      await this.#opening;
    } catch (error) {
      this.#opening = undefined;
      throw error;
    }
  }

  /** Reads the JSON text of an input or result. */
  readonly parse = (text: string): unknown => (this.engine.parse ?? readJson)(text);

  /** Writes the JSON text of an input or result. */
  readonly stringify = (value: unknown): string => (this.engine.stringify ?? writeJson)(value);

  /** The result of a task that succeeded. */
  resultOf({ name, result = 'null' }: Pick<TaskRecord, 'name' | 'result'>): unknown {
    return reviveResult(this.#returnsOf(name), this.parse(result));
  }

  async close(signal: AbortSignal): Promise<void> {
    if (this.#opening === undefined) return;
    await this.#opening.catch(() => {});
    this.#opening = undefined;
    if (!this.#isOpen) return;
    this.#isOpen = false;
    await this.engine.close(signal);
  }

  /** Stores tasks that {@link check} has passed; with a transaction, when that commits. */
  async enqueue(tasks: readonly NewTask[], transaction?: object): Promise<readonly Enqueued[]> {
    return this.#call('enqueue', tasks.length, () => this.engine.enqueue(tasks, transaction));
  }

  /** The open transaction of the running code that tasks would be stored in. */
  currentTransaction(): object | undefined {
    return this.#engine?.currentTransaction?.();
  }

  claim(request: ClaimRequest): Promise<readonly Claim[]> {
    return this.#call('claim', request.limit, () => this.engine.claim(request));
  }

  heartbeat(worker: string, claims: readonly ClaimRef[], lease: number): Promise<readonly Interruption[]> {
    return this.#call('heartbeat', claims.length, () => this.engine.heartbeat(worker, claims, lease));
  }

  finish(ends: readonly Finish[]): Promise<readonly boolean[]> {
    return this.#call('finish', ends.length, () => this.engine.finish(ends));
  }

  async get(id: string): Promise<TaskRecord | undefined> {
    if (!this.#isOpen) await this.open();
    this.need('results', 'read a task');
    return this.#call('get', 1, () => this.engine.get(id));
  }

  async cancel(id: string, reason: string): Promise<CancelResult> {
    if (!this.#isOpen) await this.open();
    this.need('cancel', 'cancel a task');
    return this.#call('cancel', 1, () => this.engine.cancel(id, reason));
  }

  /** Has the end of a run stored with an open transaction; `undefined` where that has written nothing. */
  joinEnd(end: Finish, transaction: object): (() => boolean) | undefined {
    return this.engine.joinEnd?.(end, transaction);
  }

  watch(id: string | undefined, listener: () => void): () => void {
    return this.engine.watch(id, listener);
  }

  maintain(policy: MaintenancePolicy): Promise<Maintenance> {
    return this.#call('maintain', 0, () => this.engine.maintain(policy));
  }

  /** Calls a method that not every engine has. */
  async use<M extends Optional>(method: M, ...args: Parameters<Method<M>>): Promise<Called<M>> {
    if (!this.#isOpen) await this.open();
    const call = this.engine[method] as ((...args: unknown[]) => Called<M>) | undefined;
    if (call === undefined) throw this.#unsupported(method);
    return (await this.#call(method, 1, async () => call.apply(this.engine, args))) as Called<M>;
  }

  /** Throws where the engine does not promise what is needed to `what`. */
  need(capability: keyof Capabilities, what: string): void {
    if (this.capabilities[capability] === false) throw this.#unsupported(what);
  }

  async #open(): Promise<void> {
    this.#engine ??= await this.#load();
    try {
      await this.#engine.open(this.#host);
    } catch (error) {
      // It may hold connections and threads, which would keep the process alive.
      await this.#engine.close(AbortSignal.timeout(1000)).catch(() => {});
      throw error;
    }
    this.#isOpen = true;
  }

  /**
   * Refuses a task of which the engine does not promise everything, so that no option is dropped in silence. Called for each task before it
   * joins those of others, which it would take down with it. The gate must be open.
   */
  check({ name, priority, createdAt, runAt, expiresAt, unique, after }: NewTask): void {
    const range = this.capabilities.priority;
    if (priority !== 0) {
      this.need('priority', `give "${name}" a priority`);
      if (range !== false && (priority < range.min || priority > range.max)) {
        throw new CortadoError(
          'CORTADO_OPTION_INVALID',
          `"${name}": the ${this.engine.kind} engine has priorities from ${range.min} to ${range.max}, not ${priority}.`,
        );
      }
    }
    if (runAt > createdAt) this.need('delay', `run "${name}" later`);
    if (expiresAt !== undefined) this.need('expires', `let "${name}" expire`);
    if (unique !== undefined) this.need('unique', `keep "${name}" unique`);
    if (after.length > 0) this.need('flows', `let "${name}" wait for other tasks`);
  }

  #unsupported(what: string): CortadoError {
    const message = `The ${this.engine.kind} engine (${this.engine.label}) cannot ${what}.`;
    return new CortadoError('CORTADO_QUEUE_UNSUPPORTED', message, { status: 501 });
  }

  async #call<T>(operation: keyof Engine, tasks: number, work: () => Promise<T>): Promise<T> {
    if (!this.#isOpen) await this.open();
    if (!channel.hasSubscribers) return work();
    return channel.tracePromise(work, { operation, engine: this.engine.kind, tasks }) as Promise<T>;
  }
}

// Not NonNullable: a user's compiler without `strict` sees members in `Optional` that are no methods.
type Method<M extends Optional> = Extract<Engine[M], (...args: never[]) => unknown>;
type Called<M extends Optional> = Awaited<ReturnType<Method<M>>>;
