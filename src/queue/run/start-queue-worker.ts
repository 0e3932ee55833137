import type { QueueSettings } from '../declare/queue-options.ts';
import type { WorkerSettings } from '../declare/worker-options.ts';
import { Keeper } from './keeper.ts';
import { type Schedule, Scheduler } from './scheduler.ts';
import { Worker, type WorkerEnvironment } from './worker.ts';

/** What a {@link QueueWorker} needs beside the settings of its worker. */
export interface QueueWorkerOptions
  extends Pick<WorkerEnvironment, 'gate' | 'container' | 'log' | 'find' | 'observers' | 'logsRuns'> {
  readonly settings: QueueSettings;
  readonly schedules: readonly Schedule[];
}

/** The worker of a queue in this process, and the keeper that promotes, recovers and schedules beside it. */
export type QueueWorker = Pick<Worker, 'activity' | 'wake' | 'interrupt' | 'stop'> & Pick<Keeper, 'due'>;

export function startQueueWorker(
  workerSettings: WorkerSettings,
  { gate, log, schedules, settings, ...rest }: QueueWorkerOptions,
): QueueWorker {
  const { clock, queues: limits, payloadLimit, maxCrashes, keep } = settings;
  const now = (): number => clock.now();
  const elapsed = (): number => clock.elapsed();
  const due = (at: number): void => keeper.due(at);
  const shared = { gate, log, now, maxCrashes };
  const worker = new Worker(workerSettings, { ...rest, ...shared, payloadLimit, limits, elapsed, due });
  const { wake, interrupt } = worker;
  const { tick } = new Scheduler(gate, schedules, now);
  const keeper = new Keeper({ ...shared, keep, wake, tick });
  worker.start();
  keeper.run();
  return {
    get activity() {
      return worker.activity;
    },
    wake,
    interrupt,
    due,
    stop: async (signal) => {
      await Promise.all([keeper.stop(), worker.stop(signal)]);
    },
  };
}
