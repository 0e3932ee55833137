import type { Program } from '../../test/support/program.ts';
import type { Random } from './random.ts';
import type { TaskStage } from './task-stage.ts';

/** Worker processes, one of which can be taken at random. */
export class WorkerCrew {
  readonly #stage: TaskStage;
  readonly #lease: number;
  #workers: Program[] = [];

  constructor(stage: TaskStage, lease = 2000) {
    this.#stage = stage;
    this.#lease = lease;
  }

  async start(count: number): Promise<void> {
    const started = Array.from({ length: count }, () => this.#stage.startWorker(this.#lease));
    this.#workers.push(...(await Promise.all(started)));
  }

  pick(random: Random): Program {
    return this.#workers[random.between(0, this.#workers.length - 1)]!;
  }

  /** Kills one, as its operating system would, and starts another in its place. */
  async kill(worker: Program): Promise<void> {
    worker.child.kill('SIGKILL');
    await worker.ended;
    this.#workers = this.#workers.filter((other) => other !== worker);
    await this.start(1);
  }
}
