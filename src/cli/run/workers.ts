import type { Worker } from 'node:cluster';
import type { Logger } from '../../base/logger.ts';
import { startWorker, tellWorker } from './start-worker.ts';

// A worker that served this long did not die of its start.
const settled = 2000;
const firstPause = 100;
const longestPause = 10_000;
// While no worker is left, and the port is refused.
const longestWithoutAny = 1000;

/** The processes that share a port: each that dies is replaced, all are replaced one by one on a reload. */
export class Workers {
  readonly #log: Logger;
  readonly #deadline: number;
  readonly #running = new Set<Worker>();
  /** Those that were told to stop, and have not ended. */
  readonly #leaving = new Set<Worker>();
  #isStopping = false;
  #isReloading = false;
  readonly #born = new WeakMap<Worker, number>();
  #adding = 0;
  #failures = 0;

  constructor(log: Logger, deadline: number) {
    this.#log = log;
    this.#deadline = deadline;
  }

  /** Starts `count` workers. Throws the first failure, after all have ended. */
  async start(count: number): Promise<void> {
    const started = await Promise.allSettled(Array.from({ length: count }, () => this.#add()));
    const failed = started.find(({ status }) => status === 'rejected');
    if (failed === undefined) return;
    this.kill();
    throw (failed as PromiseRejectedResult).reason;
  }

  /** Puts a new worker in the place of each, one at a time, so that the port is served throughout. */
  async reload(): Promise<void> {
    if (this.#isReloading || this.#isStopping) return;
    this.#isReloading = true;
    this.#log.info({ workers: this.#running.size }, 'reloading the workers, one by one');
    try {
      for (const worker of [...this.#running]) {
        if (this.#isStopping) return;
        await this.#add();
        await this.#end(worker);
      }
      this.#log.info({ workers: this.#running.size }, 'reloaded');
    } catch (error) {
      // The ones of before go on.
      this.#log.error({ reason: (error as Error).message }, 'the reload failed: the workers of before go on');
    } finally {
      this.#isReloading = false;
    }
  }

  /** Stops all in order; resolves to the exit code: 1 where one of them had to cut something, or did not end by itself. */
  async stop(): Promise<0 | 1> {
    this.#isStopping = true;
    const codes = await Promise.all([...this.#running].map((worker) => this.#end(worker)));
    return codes.every((code) => code === 0) ? 0 : 1;
  }

  kill(): void {
    this.#isStopping = true;
    for (const worker of [...this.#running, ...this.#leaving]) worker.process.kill('SIGKILL');
  }

  async #add(): Promise<void> {
    this.#adding++;
    const worker = await startWorker().finally(() => this.#adding--);
    // The stop did not know of it yet.
    if (this.#isStopping) return void worker.process.kill('SIGKILL');
    this.#running.add(worker);
    this.#born.set(worker, performance.now());
    worker.once('exit', (code, signal) => {
      if (this.#running.delete(worker)) void this.#replace(worker, signal ?? code);
    });
  }

  async #replace(worker: Worker, how: string | number): Promise<void> {
    if (this.#isStopping) return;
    // One that had settled did not die of its start, so the next may live as long.
    if (performance.now() - (this.#born.get(worker) ?? 0) > settled) this.#failures = 0;
    let wait = this.#nextPause();
    this.#log.error({ worker: worker.process.pid, how, pause: wait }, 'a worker died; another takes its place');
    while (!this.#isStopping) {
      await new Promise((resolve) => setTimeout(resolve, wait));
      try {
        return await this.#add();
      } catch (error) {
        wait = this.#nextPause();
        this.#log.error({ reason: (error as Error).message, pause: wait }, 'a worker cannot start');
      }
    }
  }

  // None at first, then longer each time, for as long as workers die of their start.
  #nextPause(): number {
    const pause = this.#failures === 0 ? 0 : Math.min(longestPause, firstPause * 2 ** (this.#failures - 1));
    this.#failures++;
    return this.#running.size + this.#adding > 0 ? pause : Math.min(pause, longestWithoutAny);
  }

  async #end(worker: Worker): Promise<number | null> {
    this.#running.delete(worker);
    if (worker.isDead()) return worker.process.exitCode;
    this.#leaving.add(worker);
    const ended = new Promise<number | null>((resolve) => worker.once('exit', (code) => resolve(code)));
    tellWorker(worker, { type: 'stop' });
    // What blocks its loop hears no request to stop.
    const timer = setTimeout(() => worker.process.kill('SIGKILL'), this.#deadline + extra);
    const code = await ended;
    this.#leaving.delete(worker);
    clearTimeout(timer);
    return code;
  }
}

// For what a worker does after its deadline: to cut, to report, to end.
const extra = 5000;
