/**
 * What an engine promises. The gate refuses what an engine does not promise with `CORTADO_QUEUE_UNSUPPORTED`, and documentation and
 * conformance suite read the same flags. A flag that stands for a method is true exactly when the method is there.
 */
export interface Capabilities {
  /** Accepted tasks outlive the process. */
  readonly durable: boolean;
  /** Workers in other processes see the same tasks. */
  readonly shared: boolean;
  /** An app that uses the queue runs a worker of its own, unless told otherwise. */
  readonly embedded: boolean;
  /** Workers of Cortado can run tasks: the engine has a {@link WorkerSide}. Otherwise somebody else runs them. */
  readonly work: boolean;
  /** `enqueue` can join an open transaction of the user's. */
  readonly transactional: boolean;
  /** `joinEnd`: the end of a run and what its session wrote are one transaction, where both are in one database. */
  readonly atomicEnd: boolean;
  /** The lowest and the highest priority that are kept apart, higher being more urgent; `false` without priorities. 0 is always valid. */
  readonly priority: false | { readonly min: number; readonly max: number };
  /** Tasks can be due later. */
  readonly delay: boolean;
  /** Tasks that were not started in time never start, and say so. */
  readonly expires: boolean;
  /** Keys that only one unfinished task can have. */
  readonly unique: boolean;
  /** A second task with an id that is known already is refused, so that enqueuing can be repeated without harm. */
  readonly idempotent: boolean;
  /** State, result and error can be read from every process, by id; `'sender'`: only by the one that enqueued the task. */
  readonly results: boolean | 'sender';
  /** `get` tells an id that never was from a task that waits. */
  readonly knowsIds: boolean;
  /** Tasks that wait can be cancelled, for good; `'asked'`: workers are asked to leave them out, and forget that when they restart. */
  readonly cancel: boolean | 'asked';
  /** The request to cancel reaches a running task, wherever it runs, also when its worker restarts; `'asked'`: not when it restarts. */
  readonly cancelRunning: boolean | 'asked';
  /** A run whose task was given to another worker can neither finish nor report. */
  readonly fencing: boolean;
  /** Tasks of a worker that is lost run again. */
  readonly recovery: boolean;
  /** Progress of running tasks is kept. */
  readonly progress: boolean;
  /** `addLogs` and `logs`. */
  readonly logs: boolean;
  /** `list`. */
  readonly list: boolean;
  /** `counts`. */
  readonly counts: boolean;
  /** `retry`. */
  readonly retry: boolean;
  /** `prune`. */
  readonly prune: boolean;
  /** `lastSlot` and `enqueueSlot`. */
  readonly schedules: boolean;
  /** Tasks can wait for others (`NewTask.after`). */
  readonly flows: boolean;
  /** `QueueDemand.concurrency` holds over all workers; else each worker keeps it for itself. */
  readonly queueConcurrency: boolean;
  /** `QueueDemand.rate` holds over all workers; else each worker keeps it for itself. */
  readonly queueRate: boolean;
  /** `sendSignature`: clients can send Celery's chains, groups and chords. */
  readonly signatures: boolean;
}

/** What an engine promises that keeps its tasks for many processes; an engine says besides what it does better or not at all. */
export const allPromises: Omit<Capabilities, 'priority' | 'embedded' | 'transactional' | 'atomicEnd'> = {
  durable: true,
  shared: true,
  work: true,
  delay: true,
  expires: true,
  unique: true,
  idempotent: true,
  results: true,
  knowsIds: true,
  cancel: true,
  cancelRunning: true,
  fencing: true,
  recovery: true,
  progress: true,
  logs: true,
  list: true,
  counts: true,
  retry: true,
  prune: true,
  schedules: true,
  flows: true,
  queueConcurrency: true,
  queueRate: true,
  signatures: false,
};

/** What an engine promises that keeps its tasks outside of the app's databases, and so has no part in their transactions. */
export const outsidePromises: Omit<Capabilities, 'priority'> = {
  ...allPromises,
  embedded: false,
  transactional: false,
  atomicEnd: false,
};
