import { invalidOption } from '../../base/error.ts';
import { type Logger, lineOf } from '../../base/logger.ts';
import { type Ending, ending } from '../../concurrency/ending.ts';
import type { Context } from '../../declare/context.ts';
import type { Claim } from '../contract/engine.ts';
import type { Gate } from '../contract/gate.ts';
import type { LogLine } from '../contract/task-record.ts';
import { Reporter } from './reporter.ts';

export interface TaskContextOptions {
  readonly claim: Claim;
  readonly ending: Ending;
  readonly log: Logger;
  readonly gate: Gate;
  readonly now: () => number;
}

/** The second argument of a task's function and of its dependencies. Its members can be taken out: `({ to }, { signal, progress }) => …`. */
export class TaskContext implements Context {
  readonly #options: TaskContextOptions;
  #log: Logger | undefined;
  #reporter: Reporter | undefined;

  static {
    // What the signal is made from: `sleep` and the like need no more. A declaration file cannot have a member of such a name.
    Object.defineProperty(TaskContext.prototype, ending, {
      get(this: TaskContext) {
        return this.#options.ending;
      },
    });
  }

  constructor(options: TaskContextOptions) {
    this.#options = options;
  }

  /** Fires when the task was cancelled or lost, its time limit has passed, or the worker stops; the reason is an error that says which. */
  get signal(): AbortSignal {
    return this.#options.ending.signal;
  }

  /** Writes to the process's log and to the task's own, which its routes show. */
  get log(): Logger {
    return (this.#log ??= this.#makeLog());
  }

  /** The task's id. */
  get id(): string {
    return this.#options.claim.id;
  }

  /** The task's name. */
  get name(): string {
    return this.#options.claim.name;
  }

  /** The queue that it came from. */
  get queue(): string {
    return this.#options.claim.queue;
  }

  /** Which run this is, from 1. */
  get attempt(): number {
    return this.#options.claim.attempt;
  }

  /** What travels with the task beside its input. */
  get headers(): Readonly<Record<string, string>> {
    return this.#options.claim.headers;
  }

  /**
   * Says how far the task is; the latest word is stored ten times a second at most.
   *
   * @param total What `done` will be at the end. Default 100.
   * @throws CortadoError `CORTADO_QUEUE_UNSUPPORTED` where the engine keeps no progress.
   */
  readonly progress = (done: number, total = 100, message?: string): void => {
    this.#options.gate.need('progress', 'keep progress');
    if (!Number.isFinite(done) || !Number.isFinite(total))
      throw invalidOption(`"${this.name}": progress(done, total) takes two numbers.`);
    this.#report().progress({ done, total, ...(message !== undefined && { message }) });
  };

  /** Stores what was reported and is on its way still. */
  async settle(): Promise<void> {
    await this.#reporter?.flush();
  }

  #report(): Reporter {
    const { gate, claim, log } = this.#options;
    return (this.#reporter ??= new Reporter(gate, claim, log));
  }

  #makeLog(): Logger {
    const write =
      (level: LogLine['level']) =>
      (...given: Parameters<Logger['info']>): void => {
        const [fields, message] = lineOf(...given);
        const { claim, log, gate, now } = this.#options;
        const { id, name, attempt } = claim;
        log[level]({ task_id: id, task: name, attempt, ...fields }, message);
        if (level !== 'debug' && gate.capabilities.logs)
          this.#report().line(now(), level, message ?? JSON.stringify(fields));
      };
    return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
  }
}
