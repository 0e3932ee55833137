const states = ['scheduled', 'queued', 'running', 'retrying', 'succeeded', 'failed', 'cancelled', 'expired'] as const;

/**
 * Where a task is in its life.
 *
 * - `scheduled`: not due yet: it waits for its time, or for the tasks before it in its flow.
 * - `queued`: due, waits for a worker.
 * - `running`: a worker has it.
 * - `retrying`: it failed, and waits for its next run.
 * - `succeeded`, `failed`, `cancelled`, `expired`: over. `failed` has used up its retries, or its worker crashed too often; `expired` was not
 *   started in time.
 */
export type TaskState = (typeof states)[number];

/** All states, in the order of a task's life. */
export const taskStates: readonly TaskState[] = states;

/** The states that a task never leaves, but by a `retry` that somebody asked for. */
export const finalStates: readonly TaskState[] = ['succeeded', 'failed', 'cancelled', 'expired'];

export function isFinal(state: TaskState): boolean {
  return finalStates.includes(state);
}

/** Why a run of a task failed, as it is stored and shown. */
export interface TaskError {
  /** Name of the error's class. */
  readonly name: string;
  readonly message: string;
  /** Cortado's code, where the error has one. */
  readonly code?: string;
  readonly stack?: string;
  /** What the error was made of, where a peer in another language makes it again. */
  readonly args?: readonly unknown[];
}

/** How far a running task says it is. */
export interface Progress {
  /** How much is done, of `total`. */
  readonly done: number;
  readonly total: number;
  readonly message?: string;
}

/** A line that a task logged. */
export interface LogLine {
  /** Its number within the task, from 1. */
  readonly seq: number;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly message: string;
}

/** What an engine knows of a task. Times are milliseconds since the epoch; `input` and `result` are JSON texts. */
export interface TaskRecord {
  readonly id: string;
  readonly name: string;
  readonly queue: string;
  readonly state: TaskState;
  /** JSON text of the object that the task takes, as it was sent. */
  readonly input: string;
  /** JSON text, once it succeeded. */
  readonly result: string | undefined;
  /** Of the last run that failed; or why it was cancelled or expired. */
  readonly error: TaskError | undefined;
  /** Higher is more urgent. */
  readonly priority: number;
  /** Runs that were started, the running one included; runs that were handed back do not count. */
  readonly attempt: number;
  /** Runs that ended because their worker was lost. They are no failures of the task, until there are too many. */
  readonly crashes: number;
  readonly createdAt: number;
  /** When it is or was due. */
  readonly runAt: number;
  /** Start of the last run. */
  readonly startedAt: number | undefined;
  readonly finishedAt: number | undefined;
  /** A task that was not started by then never starts. */
  readonly expiresAt: number | undefined;
  /** While it is not over, no other task with this key is accepted. */
  readonly unique: string | undefined;
  readonly progress: Progress | undefined;
  /** Whether somebody asked a running task to stop. */
  readonly cancelRequested: boolean;
  /** The worker that has it, or had it last. */
  readonly worker: string | undefined;
  /** The tasks whose results it takes; it starts when all have succeeded. */
  readonly after: readonly string[];
  /** What travels with it beside the input: trace context, the id of the request that enqueued it. */
  readonly headers: Readonly<Record<string, string>>;
}

/** What a task has as it is stored first; all else is left by a run, or by what comes of one. */
const storedFirst = {
  id: true,
  name: true,
  queue: true,
  state: true,
  input: true,
  priority: true,
  createdAt: true,
  runAt: true,
  expiresAt: true,
  unique: true,
  after: true,
  headers: true,
};

/** What a task has before its first run. */
export const notRunYet: Omit<TaskRecord, keyof typeof storedFirst> = {
  result: undefined,
  error: undefined,
  attempt: 0,
  crashes: 0,
  startedAt: undefined,
  finishedAt: undefined,
  progress: undefined,
  cancelRequested: false,
  worker: undefined,
};

/** The names of what a record has. */
export const recordMembers: readonly string[] = Object.keys({ ...storedFirst, ...notRunYet });
