import type { Clock } from '../../base/clock.ts';
import type { CortadoError } from '../../base/error.ts';
import type { Logger } from '../../base/logger.ts';
import type { Capabilities } from './capabilities.ts';
import type { Signature } from './signature.ts';
import type { LogLine, Progress, TaskError, TaskRecord, TaskState } from './task-record.ts';

/** A task to be stored. The gate has filled in everything and checked it against the engine's capabilities. */
export interface NewTask
  extends Pick<TaskRecord, 'name' | 'queue' | 'priority' | 'createdAt' | 'expiresAt' | 'unique' | 'headers'> {
  /** A UUID, or the id of a schedule's slot: letters, digits, `-`, `_` and `.`, at most 200. */
  readonly id: string;
  /** JSON text of an object. */
  readonly input: string;
  /** Not later than `createdAt` means now. */
  readonly runAt: number;
  /** Tasks that must succeed first; they are in the same batch, or known. When one of them ends otherwise, this one is cancelled. */
  readonly after: readonly string[];
}

/** What became of a {@link NewTask}. */
export interface Enqueued {
  /** The id of the task, or of the one that has its unique key. */
  readonly id: string;
  /** `false` when there was one with the same id or unique key: nothing was stored. */
  readonly created: boolean;
}

/** What a worker would take from one queue. */
export interface QueueDemand {
  readonly queue: string;
  /** How many at most. */
  readonly limit: number;
  /** How many of this queue may run at once. */
  readonly concurrency?: number;
  /** How many of this queue may start within any `per` milliseconds. */
  readonly rate?: { readonly limit: number; readonly per: number };
}

/** What a worker asks for. */
export interface ClaimRequest {
  /** Identity of the worker: unique for each start of each worker. */
  readonly worker: string;
  /** In this order; the worker turns it, so that none starves. */
  readonly queues: readonly QueueDemand[];
  /** How many at most over all queues. */
  readonly limit: number;
  /** Milliseconds without a sign of life after which the worker counts as lost. */
  readonly lease: number;
  /** What is taken may take the worker down: until the next claim, nothing else may be the worker's that it has not asked for. */
  readonly exact?: boolean;
}

/** A task that a worker has: from now on it is `running`. */
export interface Claim extends TaskRecord {
  /** Proves that this run is the current one; of use only to the engine. */
  readonly token: string | number;
  /** How long this run may take, where that was said by whoever sent the task; in place of the task's own timeout. */
  readonly limit?: { readonly ms: number; readonly reason: CortadoError };
}

/** What is left of a claim once it runs. */
export type ClaimRef = Pick<Claim, 'id' | 'token'>;

/** What a claim turned into while nobody looked. */
export interface Interruption extends ClaimRef {
  /** `lost`: another worker has it, or it is over. `cancelled`: somebody asked it to stop. */
  readonly why: 'lost' | 'cancelled';
}

/** How a run ended. */
export type Outcome =
  | { readonly kind: 'succeeded'; readonly result: string }
  | { readonly kind: 'failed'; readonly error: TaskError }
  /** It failed, and runs again at `runAt`. */
  | { readonly kind: 'retrying'; readonly error: TaskError; readonly runAt: number }
  | { readonly kind: 'cancelled'; readonly error: TaskError }
  /** Handed back: it is queued as if this run had never started. */
  | { readonly kind: 'released' };

/** The end of a run. */
export interface Finish {
  readonly claim: ClaimRef;
  readonly outcome: Outcome;
}

/** What `cancel` found: `undefined` for an unknown id. */
export type CancelResult = 'cancelled' | 'requested' | 'over' | undefined;

/**
 * What `retry` did: `true` where the task is queued, `false` where it is not over or has succeeded, `undefined` for an unknown id; `heldBy`
 * is the unfinished task that has its unique key by now.
 */
export type RetryResult = boolean | undefined | { readonly heldBy: string };

/** Which tasks `list` returns. */
export interface TaskFilter {
  readonly states?: readonly TaskState[];
  readonly queue?: string;
  readonly name?: string;
}

/** One page of tasks, newest first. */
export interface TaskPage {
  readonly tasks: readonly TaskRecord[];
  /** Where the next page starts, or `undefined` on the last one. */
  readonly cursor: string | undefined;
}

/** What `maintain` is told. */
export interface MaintenancePolicy {
  /** A task whose worker was lost this many times fails, instead of taking down one more. */
  readonly maxCrashes: number;
}

/** What `maintain` did. */
export interface Maintenance {
  /** Tasks that became due. */
  readonly promoted: number;
  /** Tasks of lost workers that are queued again. */
  readonly recovered: readonly string[];
  /** Tasks that failed because their worker was lost too often. */
  readonly quarantined: readonly string[];
  /** Tasks that were not started in time. */
  readonly expired: number;
  /** When the next task becomes due, as far as is known. */
  readonly nextAt: number | undefined;
}

export interface TaskParameter {
  readonly name: string;
  readonly required: boolean;
}

/** Calls the function of a task that is declared in this process as a part of the run, dependencies and all; `undefined` where there is none. */
export type CallTask = (name: string, input: Readonly<Record<string, unknown>>) => Promise<unknown> | undefined;

/** A task that nobody declares, since the engine's protocol has it. */
export interface BuiltInTask {
  readonly run: (call: CallTask) => Promise<unknown>;
  readonly retries: number;
  /** Milliseconds until the next try, from 1 on. */
  readonly backoff: (attempt: number) => number;
  readonly retryIf: (error: unknown) => boolean;
}

/** What an engine gets from the queue that opens it. */
export interface EngineHost {
  readonly log: Logger;
  /** The time, which tests set; an engine never asks another. */
  readonly clock: Clock;
  /** There may be work for the worker of this process: something was queued, became due or was released. */
  readonly wake: () => void;
  /** A task that runs in this process may have been cancelled or lost: the worker sends a heartbeat at once. */
  readonly interrupt: () => void;
  /** Most bytes of JSON that an input or a result may have. */
  readonly payloadLimit: number;
  /** The tasks that are declared in this process. */
  readonly tasks: DeclaredNames;
}

/** What an engine can ask of the tasks that are declared in this process. */
export interface DeclaredNames {
  /** Names of all tasks whose code is here. */
  readonly names: () => readonly string[];
  /** The inputs of a task whose code is here, in their order; `undefined` for any other task. */
  readonly parametersOf: (task: string) => readonly TaskParameter[] | undefined;
  /** The queue that a task is declared with, whether its code is here or elsewhere; `undefined` for any other task. */
  readonly queueOf: (task: string) => string | undefined;
  /** The inputs of a task that are sent by position, in this order. */
  readonly positionalOf: (task: string) => readonly string[];
}

/**
 * An engine keeps tasks: a third party writes one by implementing this interface. A `Queue` opens it and reaches it through the gate
 * (`gate.ts`), which checks, traces and refuses what `capabilities` rules out, so an engine checks nothing twice.
 */
export interface Engine {
  /** `memory`, `sql`, `bullmq`, `celery`. */
  readonly kind: string;
  /** Where the tasks are, for messages; holds no password. */
  readonly label: string;
  readonly capabilities: Capabilities;
  /**
   * Connects, and makes what is missing of tables and queues. Where that fails halfway, it disconnects what it has connected. Called again
   * after `close` when the queue opens anew.
   */
  open(host: EngineHost): Promise<OpenEngine>;
}

/** An engine while it is connected: a half for clients, and one for workers. */
export interface OpenEngine {
  readonly storage: TaskStorage;
  /** Only with the capability `work`. */
  readonly worker?: WorkerSide;
  /** Disconnects. Claims that are left count as lost; `signal` fires when there is no time left to be polite. */
  close(signal: AbortSignal): Promise<void>;
}

/**
 * The half of an engine that clients use: it stores tasks and tells of them.
 *
 * Every method of both halves may be called by many processes at once. A method rejects only when the storage fails, and then nothing of it
 * is done.
 */
export interface TaskStorage {
  /** Why the storage is out of reach, where that is known without asking. */
  readonly away?: string | undefined;
  /** Looks whether the storage can be reached, for `away` to tell. Never throws. */
  check?(): Promise<void>;
  /** Reads the JSON texts of inputs and results, where a peer writes more than JSON can say (NaN). Default: `JSON.parse`, but for integers beyond 2^53, which are bigints. */
  readonly parse?: (text: string) => unknown;
  /** Writes JSON texts of inputs and results. Default: `JSON.stringify`, with bigints as their digits. */
  readonly stringify?: (value: unknown) => string;

  /** The open transaction of the running code that `enqueue` can join, if there is one. Only with `transactional`. */
  currentTransaction?(): object | undefined;
  /** Stores tasks, all or none; with a `transaction`, when that commits. Results are in the order of `tasks`. */
  enqueue(tasks: readonly NewTask[], transaction?: object): Promise<readonly Enqueued[]>;
  /** Sends a signature of Celery: a task, a chain, a group or a chord. Its ids are known at once. Only with `signatures`. */
  sendSignature?(signature: Signature): Promise<void>;
  /** The task, or `undefined` for an unknown id. */
  get(id: string): Promise<TaskRecord | undefined>;
  /** Ends a task that waits, and asks a running one to stop; also those that wait for it in a flow end. */
  cancel(id: string, reason: string): Promise<CancelResult>;
  /**
   * Calls `listener` when the task, or any task, may have changed. Only a hint, which may be missed or come without a change: whoever
   * waits reads again from time to time. Returns what ends the watch.
   */
  watch(id: string | undefined, listener: () => void): () => void;
  /** Log lines after number `after`, at most `limit`. */
  logs?(id: string, after: number, limit: number): Promise<readonly LogLine[]>;
  list?(filter: TaskFilter, limit: number, cursor: string | undefined): Promise<TaskPage>;
  /** How many tasks are in each state, by queue; states without tasks may be left out. */
  counts?(): Promise<Readonly<Record<string, Partial<Record<TaskState, number>>>>>;
  /** Queues a task that is over (and did not succeed) once more, attempts and crashes counted from 0, unless another has its unique key. */
  retry?(id: string): Promise<RetryResult>;
  /** Deletes at most `limit` tasks in one of `states` that finished before `before`; returns how many. */
  prune?(states: readonly TaskState[], before: number, limit: number): Promise<number>;
}

/**
 * The half of an engine that workers use: it hands out tasks and takes back how they ended. A broker that pushes fits behind `claim` with a
 * buffer of what it has received, and calls `wake` when something arrives.
 */
export interface WorkerSide {
  /** Takes tasks that are due, the most urgent of each queue first, then the oldest. Does not wait for any. */
  claim(request: ClaimRequest): Promise<readonly Claim[]>;
  /** What a claim runs that the engine's protocol has built in; `undefined` for any other. */
  builtIn?(claim: Claim): BuiltInTask | undefined;
  /** Says that the worker lives, for `lease` milliseconds more, and still runs `claims`; tells which of them it should end. */
  heartbeat(worker: string, claims: readonly ClaimRef[], lease: number): Promise<readonly Interruption[]>;
  /** Ends runs. `false` for a claim that was lost: nothing of that one is stored. */
  finish(ends: readonly Finish[]): Promise<readonly boolean[]>;
  /**
   * Has the end of a run stored as the last statement of an open transaction of the user's; where the claim was lost by then, the transaction
   * fails with `CORTADO_TASK_LOST`. What it returns tells, once the transaction has ended, whether the end is stored; `undefined` where there is
   * nothing to commit. Only with `atomicEnd`.
   */
  joinEnd?(end: Finish, transaction: object): (() => boolean) | undefined;
  /** Promotes, recovers, quarantines and expires what is due. Called about once a second by every worker. */
  maintain(policy: MaintenancePolicy): Promise<Maintenance>;
  /** Keeps the progress of a running task; `false` when the claim was lost. */
  setProgress?(claim: ClaimRef, progress: Progress): Promise<boolean>;
  /** Keeps log lines of a running task; `seq` is given by the engine. */
  addLogs?(claim: ClaimRef, lines: readonly Omit<LogLine, 'seq'>[]): Promise<boolean>;
  /** The last slot of a schedule that was enqueued, by any process. */
  lastSlot?(schedule: string): Promise<number | undefined>;
  /** Stores the task of a slot, unless any process stored this or a later one; returns whether it did. */
  enqueueSlot?(schedule: string, slot: number, task: NewTask): Promise<boolean>;
}
