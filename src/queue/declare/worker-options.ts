import { checkOptions } from '../../base/check-options.ts';
import { type Rules, texts, whole } from '../../base/check-values.ts';
import { CortadoError } from '../../base/error.ts';

/** Options of a worker. */
export interface WorkerOptions {
  /** The queues that it serves. Default: all that the app's tasks and the queue's options name. */
  readonly queues?: readonly string[];
  /** How many tasks it runs at once. Default 10. */
  readonly concurrency?: number;
  /** Milliseconds without a sign of life after which another worker takes its tasks. Default 30,000. */
  readonly lease?: number;
}

export type WorkerSettings = Required<WorkerOptions>;

const rules: Rules<WorkerOptions> = {
  queues: texts,
  concurrency: { ...whole(1), wanted: 'a whole number above 0' },
  lease: { wanted: '100 ms or more', fits: (value) => typeof value === 'number' && value >= 100 },
};

/** Checks the options of a worker, as far as that goes before its queues are known. */
export function checkWorkerOptions(options: WorkerOptions): void {
  checkOptions('worker', options, rules);
}

/** Checks the options of a worker; `queues` are those that the app knows. */
export function workerSettings(options: WorkerOptions, queues: readonly string[]): WorkerSettings {
  checkWorkerOptions(options);
  const { concurrency = 10, lease = 30_000 } = options;
  for (const queue of options.queues ?? []) {
    if (!queues.includes(queue))
      throw new CortadoError(
        'CORTADO_TASK_NAME',
        `worker: there is no queue "${queue}". Known queues: ${queues.join(', ')}.`,
      );
  }
  return { queues: options.queues ?? queues, concurrency, lease };
}
