import type { QueueSettings } from '../declare/queue-options.ts';
import type { WorkerSettings } from '../declare/worker-options.ts';
import { Keeper } from './keeper.ts';
import { type Schedule, Scheduler } from './scheduler.ts';
import { Worker, type WorkerActivity, type WorkerEnvironment } from './worker.ts';

/** What a {@link QueueWorker} needs beside the settings of its worker. */
export interface QueueWorkerOptions
  extends Pick<WorkerEnvironment, 'gate' | 'container' | 'log' | 'find' | 'observers' | 'logsRuns'> {
  readonly settings: QueueSettings;
  readonly schedules: readonly Schedule[];
}

/** The worker of a queue in this process, and the keeper that promotes, recovers and schedules beside it. */
export class QueueWorker {
  readonly #worker: Worker;
  readonly #keeper: Keeper;

  constructor(worker: WorkerSettings, { gate, log, schedules, settings, ...rest }: QueueWorkerOptions) {
    const { clock, queues: limits, payloadLimit, maxCrashes, keep } = settings;
    const now = (): number => clock.now();
    this.#worker = new Worker(worker, {
      ...rest,
      gate,
      log,
      now,
      payloadLimit,
      limits,
      maxCrashes,
      elapsed: () => clock.elapsed(),
      due: (at) => this.due(at),
    });
    const { wake } = this.#worker;
    const { tick } = new Scheduler(gate, schedules, now);
    this.#keeper = new Keeper({ gate, log, now, maxCrashes, keep, wake, tick });
    this.#worker.start();
    this.#keeper.start();
  }

  get activity(): WorkerActivity {
    return this.#worker.activity;
  }

  wake(): void {
    this.#worker.wake();
  }

  interrupt(): void {
    this.#worker.interrupt();
  }

  due(at: number): void {
    this.#keeper.due(at);
  }

  /** Takes no more tasks, and waits for those that run, until `signal` fires. */
  async stop(signal: AbortSignal): Promise<void> {
    await Promise.all([this.#keeper.stop(), this.#worker.stop(signal)]);
  }
}
