import { createRequire } from 'node:module';
import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import type { Piscina } from 'piscina';
import { CortadoError } from '../base/error.ts';
import { overloaded } from '../base/overloaded.ts';
import { entryFile } from '../base/process/own-files.ts';
import { isHello, type ThreadReport } from './message.ts';
import { unpackError } from './pack-error.ts';
import type { ThreadCall } from './thread-call.ts';
import { transferList } from './transfer.ts';

export interface ThreadPoolOptions {
  readonly name: string;
  /** Most threads at once. */
  readonly threads: number;
  /** Most calls that wait for a thread. */
  readonly queue: number;
  /** Most megabytes of memory per thread. */
  readonly memory: number | undefined;
  /** Hears of errors that belong to no call. */
  readonly onError: (error: unknown) => void;
}

// Threads beyond the first end after this many milliseconds without work.
const idleTimeout = 30_000;

/**
 * Runs calls on threads, the rest waiting in a bounded queue. Piscina keeps the threads. The queue is ours: Piscina's `maxQueue` does
 * not count tasks that have a signal, and all of ours have one.
 */
export class ThreadPool {
  readonly options: ThreadPoolOptions;
  readonly #running = new Map<number, ThreadCall>();
  readonly #waiting = new Set<ThreadCall>();
  // Their job is done, but what it reported has not arrived.
  readonly #unheard = new Set<ThreadCall>();
  readonly #ports = new Set<MessagePort>();
  readonly #drained = new Set<() => void>();
  // Keeps the process alive for them: nothing else does, where nothing listens.
  #vigil: NodeJS.Timeout | undefined;
  #piscina: Piscina | undefined;
  #isClosed = false;

  constructor(options: ThreadPoolOptions) {
    findPiscina();
    this.options = options;
  }

  get busy(): number {
    return this.#running.size;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  get isFull(): boolean {
    return this.busy >= this.options.threads && this.waiting >= this.options.queue;
  }

  /** Runs a call now or when a thread is free; refuses it when too many wait already. */
  submit(call: ThreadCall): void {
    if (this.#isClosed) call.fail(closed(call.label));
    else if (this.#running.size < this.options.threads) this.#start(call);
    else if (this.#waiting.size >= this.options.queue) call.fail(this.#full(call.label));
    else this.#waiting.add(call);
  }

  /** Takes a call out of the queue, or stops the thread that runs it; a new one takes that thread's place. */
  stop(call: ThreadCall): void {
    if (this.#waiting.delete(call)) return;
    if (this.#unheard.has(call)) this.#free(call);
    else call.killer.abort();
  }

  /** Takes calls again after a close. */
  open(): void {
    this.#isClosed = false;
  }

  /** Lets all calls finish, until `signal` fires, and ends the threads. */
  async close(signal?: AbortSignal): Promise<void> {
    this.#isClosed = true;
    const cut = (): void => this.#cut(signal?.reason);
    if (signal?.aborted) cut();
    signal?.addEventListener('abort', cut, { once: true });
    if (this.#running.size > 0) await new Promise<void>((resolve) => this.#drained.add(resolve));
    signal?.removeEventListener('abort', cut);
    await this.#piscina?.destroy();
    this.#piscina = undefined;
  }

  #cut(reason: unknown): void {
    for (const call of [...this.#waiting, ...this.#running.values()]) call.stop(reason ?? closed(call.label));
  }

  #start(call: ThreadCall): void {
    const { job } = call;
    const threads = this.#threads();
    this.#running.set(job.id, call);
    const ran = threads.run(job, { transferList: transferList(job.args) as never, signal: call.killer.signal });
    void ran
      .then(
        () => {
          this.#collect();
          // The thread has not introduced itself yet: its messages come by ways of their own, and this loop was held up meanwhile.
          if (call.isSettled) return;
          this.#unheard.add(call);
          this.#vigil ??= setInterval(() => {}, 1000);
        },
        (error: unknown) => {
          this.#collect();
          call.fail(this.#explain(error, call.label));
        },
      )
      .then(() => {
        if (call.isSettled) this.#free(call);
      });
  }

  #free(call: ThreadCall): void {
    if (!this.#running.delete(call.job.id)) return;
    this.#unheard.delete(call);
    if (this.#unheard.size === 0) {
      clearInterval(this.#vigil);
      this.#vigil = undefined;
    }
    const [next] = this.#waiting;
    if (next !== undefined) {
      this.#waiting.delete(next);
      this.#start(next);
    } else if (this.#running.size === 0) {
      for (const resolve of this.#drained) resolve();
      this.#drained.clear();
    }
  }

  // A thread reports before it ends its job, but on a port of its own: what it said is fetched before the job counts as done.
  #collect(): void {
    for (const port of this.#ports) {
      for (let entry = receiveMessageOnPort(port); entry !== undefined; entry = receiveMessageOnPort(port))
        this.#deliver(entry.message, port);
    }
  }

  #deliver(report: ThreadReport, port: MessagePort): void {
    if (report.kind === 'stray') {
      this.#tell(unpackError(report.error));
      return;
    }
    const call = this.#running.get(report.id);
    call?.accept(report, (demand) => port.postMessage(demand));
    if (call?.isSettled) this.#free(call);
  }

  #threads(): Piscina {
    if (this.#piscina !== undefined) return this.#piscina;
    const { threads, memory } = this.options;
    // Loaded with the first call, and only then.
    const { Piscina: Pool } = require(findPiscina()) as typeof import('piscina');
    const piscina = new Pool({
      filename: entryFile('threads/worker'),
      name: 'run',
      minThreads: 1,
      maxThreads: threads,
      idleTimeout,
      // A thread that sleeps between jobs in Atomics.wait could neither stream nor finish its console output.
      atomics: 'disabled',
      recordTiming: false,
      ...(memory !== undefined && { resourceLimits: { maxOldGenerationSizeMb: memory } }),
    });
    piscina.on('message', (message: unknown) => {
      if (isHello(message)) this.#welcome(message.port);
    });
    piscina.on('error', (error: unknown) => this.#onStrayError(error));
    this.#piscina = piscina;
    return piscina;
  }

  #welcome(port: MessagePort): void {
    this.#ports.add(port);
    port.on('message', (report: ThreadReport) => this.#deliver(report, port));
    port.on('close', () => this.#ports.delete(port));
    port.unref();
  }

  // An error outside of any job; where no thread is left, Piscina would let the jobs that it holds wait for ever.
  #onStrayError(error: unknown): void {
    this.#tell(error);
    if (this.#piscina?.threads.length === 0)
      for (const call of this.#running.values()) call.stop(this.#explain(error, call.label));
  }

  // What a thread still does when all its work is done and it is about to be ended, or what that breaks off in it, is nobody's error.
  #tell(error: unknown): void {
    if (!this.#isClosed || this.#running.size > 0) this.options.onError(error);
  }

  #explain(error: unknown, label: string): CortadoError {
    const why = error instanceof Error ? error.message : String(error);
    const code = (error as { code?: unknown } | null)?.code;
    if (error instanceof DOMException && error.name === 'DataCloneError') {
      const text = `${label}: an argument cannot be sent to a thread: ${why} Pass plain data; declare what a thread needs in its module.`;
      return new CortadoError('CORTADO_THREAD_CLONE', text, { cause: error });
    }
    if (code === 'ERR_WORKER_OUT_OF_MEMORY') {
      const text = `${label}: its thread ran out of memory (the option \`memory\` is in megabytes); a new one takes its place.`;
      return new CortadoError('CORTADO_THREAD_DIED', text, { cause: error });
    }
    const how = /^worker exited with code/.test(why)
      ? why
      : `an error that nothing caught, of this call or an earlier one: ${why}`;
    const text = `${label}: its thread ended before the call did: ${how}. A new one takes its place.`;
    return new CortadoError('CORTADO_THREAD_DIED', text, { cause: error });
  }

  #full(label: string): CortadoError {
    const { threads, queue, name } = this.options;
    const text = `${label}: all ${threads} threads of "${name}" are busy and ${queue} calls wait already.`;
    return new CortadoError('CORTADO_THREADS_BUSY', text, overloaded);
  }
}

function closed(label: string): CortadoError {
  return new CortadoError('CORTADO_LIFECYCLE', `${label} was called after its threads were closed.`, {
    status: 503,
    headers: { 'retry-after': '1' },
  });
}

const require = createRequire(import.meta.url);

function findPiscina(): string {
  try {
    return require.resolve('piscina');
  } catch (cause) {
    throw new CortadoError('CORTADO_THREAD_MODULE', 'threads() needs its pool: npm install piscina', { cause });
  }
}
