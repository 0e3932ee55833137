import type { Logger } from '../../base/logger.ts';
import type { ClaimRef } from '../contract/engine.ts';
import type { Gate } from '../contract/gate.ts';
import type { LogLine, Progress } from '../contract/task-record.ts';

// A loop may report a thousand times a second; storage need not hear of each.
const interval = 100;
const mostLines = 10_000;
const longestLine = 4_000;

/** Takes what a run reports to the engine, in batches. */
export class Reporter {
  readonly #gate: Gate;
  readonly #claim: ClaimRef;
  readonly #log: Logger;
  #progress: Progress | undefined;
  #lines: Omit<LogLine, 'seq'>[] = [];
  #count = 0;
  #timer: NodeJS.Timeout | undefined;
  #sending: Promise<void> = Promise.resolve();

  constructor(gate: Gate, claim: ClaimRef, log: Logger) {
    this.#gate = gate;
    this.#claim = claim;
    this.#log = log;
  }

  progress(progress: Progress): void {
    this.#progress = progress;
    this.#timer ??= setTimeout(() => void this.flush(), interval);
  }

  line(at: number, level: LogLine['level'], message: string): void {
    if (this.#count > mostLines) return;
    const isLast = ++this.#count > mostLines;
    const text = isLast
      ? `Further lines are not kept: a task keeps ${mostLines}.`
      : storable(message.slice(0, longestLine));
    this.#lines.push({ at, level, message: text });
    this.#timer ??= setTimeout(() => void this.flush(), interval);
  }

  /** Sends what has gathered; resolves when all of it is stored. */
  flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const [progress, lines] = [this.#progress, this.#lines];
    this.#progress = undefined;
    this.#lines = [];
    this.#sending = this.#sending.then(() => this.#send(progress, lines));
    return this.#sending;
  }

  // A report that is lost must not fail the task.
  async #send(progress: Progress | undefined, lines: readonly Omit<LogLine, 'seq'>[]): Promise<void> {
    const lost = (err: unknown): void =>
      this.#log.warn({ err, task_id: this.#claim.id }, 'progress or log lines of a task could not be stored');
    if (progress !== undefined) await this.#gate.tell('setProgress', this.#claim, progress).catch(lost);
    if (lines.length > 0) await this.#gate.tell('addLogs', this.#claim, lines).catch(lost);
  }
}

// PostgreSQL stores neither NUL nor half a character.
function storable(text: string): string {
  return text.replaceAll('\0', '\uFFFD').toWellFormed();
}
