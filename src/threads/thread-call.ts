import { CortadoError } from '../base/error.ts';
import type { CallReport, Job, ThreadDemand } from './message.ts';
import { addCaller, unpackError } from './pack-error.ts';
import { ThreadPromise } from './thread-promise.ts';
import { ThreadStream } from './thread-stream.ts';

export interface ThreadCallOptions {
  /** Takes the call out of the queue, or stops the thread that it runs on. */
  readonly stopWork: (call: ThreadCall) => void;
  readonly timeout: number | undefined;
  readonly signal: AbortSignal | undefined;
  /** The function below which the caller's stack begins. */
  readonly above: (...args: never[]) => unknown;
}

/** One call of a function in another thread, from its start to its result. */
export class ThreadCall {
  readonly job: Job;
  readonly label: string;
  readonly result: Promise<unknown>;
  /** Fires when the thread must be stopped. */
  readonly killer: AbortController = new AbortController();
  readonly #options: ThreadCallOptions;
  readonly #caller: { stack?: string } = {};
  readonly #settle = ThreadPromise.withResolvers<unknown>();
  #timer: NodeJS.Timeout | undefined;
  #stream: ThreadStream | undefined;
  #settled = false;

  constructor(job: Job, label: string, options: ThreadCallOptions) {
    this.job = job;
    this.label = label;
    this.#options = options;
    this.result = this.#settle.promise;
    Error.captureStackTrace(this.#caller, options.above);
    options.signal?.addEventListener('abort', this.#onAbort, { once: true });
  }

  get isSettled(): boolean {
    return this.#settled;
  }

  /** Takes in what the thread reports; `send` answers it. */
  accept(report: CallReport, send: (demand: ThreadDemand) => void): void {
    if (this.#settled) return;
    switch (report.kind) {
      case 'begin':
        this.#startClock();
        break;
      case 'value':
        this.#end(() => this.#settle.resolve(report.value));
        break;
      case 'failure':
        this.fail(unpackError(report.error));
        break;
      case 'stream':
        this.#openStream(send);
        break;
      case 'item':
        this.#stream?.push(report.value);
        this.#restartClock();
        break;
      case 'end':
        this.#end(() => this.#stream?.finish());
    }
  }

  fail(error: unknown): void {
    if (this.#settled) return;
    // Why a signal fired is no fault of the call, and many may share it.
    if (error !== this.#options.signal?.reason)
      addCaller(error, (this.#caller.stack ?? '').split('\n').slice(1).join('\n'));
    this.#end(() => {
      if (this.#stream === undefined) this.#settle.reject(error);
      else this.#stream.finish({ error });
    });
  }

  /** Ends the call with an error, and its work with it. */
  stop(error: unknown): void {
    if (this.#settled) return;
    this.fail(error);
    this.#options.stopWork(this);
  }

  readonly #onAbort = (): void => this.stop(this.#options.signal?.reason);

  #end(how: () => void): void {
    this.#settled = true;
    this.#stopClock();
    this.#options.signal?.removeEventListener('abort', this.#onAbort);
    how();
  }

  #openStream(send: (demand: ThreadDemand) => void): void {
    this.#stopClock();
    this.#stream = new ThreadStream({
      more: (items) => {
        if (this.#timer === undefined) this.#startClock();
        send({ id: this.job.id, kind: 'more', items });
      },
      leave: () => send({ id: this.job.id, kind: 'leave' }),
      kill: () => this.#options.stopWork(this),
    });
    this.#settle.resolve(this.#stream);
  }

  // For a stream, the clock runs while an item is being made.
  #restartClock(): void {
    this.#stopClock();
    if (this.#stream?.isAsked) this.#startClock();
  }

  #startClock(): void {
    const { timeout } = this.#options;
    if (timeout === undefined) return;
    this.#stopClock();
    const why = `${this.label} took longer than ${timeout} ms; its thread was stopped.`;
    const late = (): void => this.stop(new CortadoError('CORTADO_TIMEOUT', why, { status: 504 }));
    this.#timer = setTimeout(late, timeout);
  }

  #stopClock(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
