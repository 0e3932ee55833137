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
  readonly #claim: Claim;
  readonly #gate: Gate;
  readonly #processLog: Logger;
  readonly #now: () => number;
  readonly #ending: Ending;
  #log: Logger | undefined;
  #reporter: Reporter | undefined;

  static {
    // What the signal is made from: `sleep` and the like need no more. A declaration file cannot have a member of such a name.
    Object.defineProperty(TaskContext.prototype, ending, {
      get(this: TaskContext) {
        return this.#ending;
      },
    });
  }

  constructor({ claim, ending: own, log, gate, now }: TaskContextOptions) {
    this.#claim = claim;
    this.#ending = own;
    this.#processLog = log;
    this.#gate = gate;
    this.#now = now;
  }

  /** Fires when the task was cancelled or lost, its time limit has passed, or the worker stops; the reason is an error that says which. */
  get signal(): AbortSignal {
    return this.#ending.signal;
  }

  /** Writes to the process's log and to the task's own, which its routes show. */
  get log(): Logger {
    return (this.#log ??= this.#makeLog());
  }

  /** The task's id. */
  get id(): string {
    return this.#claim.id;
  }

  /** The task's name. */
  get name(): string {
    return this.#claim.name;
  }

  /** The queue that it came from. */
  get queue(): string {
    return this.#claim.queue;
  }

  /** Which run this is, from 1. */
  get attempt(): number {
    return this.#claim.attempt;
  }

  /** What travels with the task beside its input. */
  get headers(): Readonly<Record<string, string>> {
    return this.#claim.headers;
  }

  /**
   * Says how far the task is; the latest word is stored ten times a second at most.
   *
   * @param total What `done` will be at the end. Default 100.
   * @throws CortadoError `CORTADO_QUEUE_UNSUPPORTED` where the engine keeps no progress.
   */
  readonly progress = (done: number, total = 100, message?: string): void => {
    this.#gate.need('progress', 'keep progress');
    if (!Number.isFinite(done) || !Number.isFinite(total))
      throw invalidOption(`"${this.name}": progress(done, total) takes two numbers.`);
    this.#report().progress({ done, total, ...(message !== undefined && { message }) });
  };

  /** Stores what was reported and is on its way still. */
  async settle(): Promise<void> {
    await this.#reporter?.flush();
  }

  #report(): Reporter {
    return (this.#reporter ??= new Reporter(this.#gate, this.#claim, this.#processLog));
  }

  #makeLog(): Logger {
    const write =
      (level: LogLine['level']) =>
      (...given: Parameters<Logger['info']>): void => {
        const [fields, message] = lineOf(...given);
        const { id, name, attempt } = this.#claim;
        this.#processLog[level]({ task_id: id, task: name, attempt, ...fields }, message);
        if (level !== 'debug' && this.#gate.capabilities.logs)
          this.#report().line(this.#now(), level, message ?? JSON.stringify(fields));
      };
    return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
  }
}
