import { Worker } from 'node:worker_threads';
import { checkOptions } from '../../base/check-options.ts';
import { invalidOption } from '../../base/error.ts';
import { entryFile } from '../../base/process/own-files.ts';
import { type BlockingCall, wrapBlockingCalls } from '../measure/blocking-calls.ts';
import { loopMonitor } from '../measure/loop-monitor.ts';
import { framesOf, isOwn, stackAbove } from '../measure/own-frames.ts';
import { ownerOfRunningCode, type Sighting } from '../measure/sighting.ts';
import { type SharedMemory, sampleKey, sharedFields } from './watchdog-protocol.ts';

/** Options of {@link startWatchdog}. */
export interface WatchdogOptions {
  /** Milliseconds that the loop may be held up before the watchdog looks who does it. Default 100. */
  readonly threshold?: number;
  /** Whether it prints what it sees, on standard error, while the loop is still held up. Default `true`. */
  readonly print?: boolean;
}

/**
 * Starts a thread that watches this one: when its loop is held up, it looks who does it while they still do, and prints the route or
 * task, the file and line, and what to do instead. It sees work after an await as well.
 *
 * It looks by running one function on the blocked thread, between two instructions of the code that blocks. Nothing is paused, so nothing
 * can stay paused; no debugging port is opened. While a debugger is open, it rests.
 *
 * @throws CortadoError for unknown options, or a threshold that is not positive.
 * @example
 * ```ts
 * using watchdog = startWatchdog({ threshold: 50 });
 * ```
 */
export function startWatchdog(options: WatchdogOptions = {}): Disposable {
  checkOptions('startWatchdog()', options, ['threshold', 'print']);
  const { threshold = 100, print = true } = options;
  if (!(threshold > 0)) throw invalidOption(`startWatchdog(): threshold must be more than 0, not ${threshold}.`);
  const shared: SharedMemory = new Int32Array(new SharedArrayBuffer(sharedFields.count * Int32Array.BYTES_PER_ELEMENT));
  const worker = startThread(shared, threshold, print);
  const sampler = new Sampler(threshold, (sighting) => worker.postMessage(sighting));
  const stops = [
    sampler.start(),
    loopMonitor.onBeat(() => {
      sampler.beat();
      shared[sharedFields.debugged] = process.getBuiltinModule('node:inspector').url() === undefined ? 0 : 1;
      Atomics.add(shared, sharedFields.beats, 1);
    }),
    loopMonitor.watch({ threshold }),
  ];
  return {
    [Symbol.dispose]: () => {
      for (const stop of stops) stop();
      void worker.terminate();
    },
  };
}

function startThread(shared: SharedMemory, threshold: number, print: boolean): Worker {
  const worker = new Worker(entryFile('loop/watchdog/watchdog-thread'), {
    name: 'cortado watchdog',
    workerData: { shared, threshold, print },
    // Nothing that the app preloads belongs into it.
    execArgv: [],
    env: {},
    stdin: false,
  });
  // Without it the app runs on, unwatched.
  worker.on('error', (error) => console.error('cortado: the watchdog of the loop has ended:', error));
  worker.unref();
  return worker;
}

// The line of a stack that stands for the question itself; what lies below is the code that was asked about.
const isQuestion = /<anonymous>:1:\d+\)?$/;

// A sample is taken within milliseconds of being asked for, unless the loop was inside of a native call until then.
const promptly = 20;

class Sampler {
  readonly #threshold: number;
  readonly #report: (sighting: Sighting) => void;
  #inside: BlockingCall | undefined;
  // When something was last seen, so that one stall is reported once; on the clock of both threads.
  #seenAt = 0;
  #beatAt: number = performance.now();
  #usage: NodeJS.CpuUsage | undefined;

  constructor(threshold: number, report: (sighting: Sighting) => void) {
    this.#threshold = threshold;
    this.#report = report;
  }

  start(): () => void {
    const holder = globalThis as unknown as Record<symbol, unknown>;
    const key = Symbol.for(sampleKey);
    holder[key] = (askedAt: number) => JSON.stringify(this.#sample(askedAt));
    const unwrap = wrapBlockingCalls((call, run) => this.#time(call, run));
    return () => {
      delete holder[key];
      unwrap();
    };
  }

  beat(): void {
    this.#beatAt = performance.now();
    this.#usage = process.threadCpuUsage();
  }

  // Runs on top of the code that blocks: its frame is the current one, and its stack lies below.
  readonly #sample = (askedAt: number): Sighting | undefined => {
    const now = Date.now();
    if (this.#seenAt >= askedAt) return undefined;
    const lines = stackAbove(this.#sample);
    const stack = lines.slice(lines.findIndex((line) => isQuestion.test(line)) + 1);
    // Nothing lies below: the loop is free again.
    if (stack.length === 0) return undefined;
    const isSure = this.#inside !== undefined || (now - askedAt < promptly && this.#hasWorked());
    // Then it is the machine that is busy, or something in Node: nothing to tell a person.
    if (!isSure && !framesOf(stack).some(isOwn)) return undefined;
    this.#seenAt = now;
    return this.#see(this.#inside, stack, { ms: performance.now() - this.#beatAt, isOver: false, isSure });
  };

  // A thread that has not worked was not given a processor, or waited in a native call that is not known.
  #hasWorked(): boolean {
    if (this.#usage === undefined) return true;
    const { user, system } = process.threadCpuUsage(this.#usage);
    return (user + system) / 1000 > (performance.now() - this.#beatAt) / 4;
  }

  // Most native calls can only be looked at once they are over, by then perhaps from another function: these are caught at their own end.
  #time(call: BlockingCall, run: () => unknown): unknown {
    const outer = this.#inside;
    const [began, beganAt] = [performance.now(), Date.now()];
    this.#inside = call;
    try {
      return run();
    } finally {
      this.#inside = outer;
      const ms = performance.now() - began;
      if (ms >= this.#threshold && this.#seenAt < beganAt) {
        this.#seenAt = Date.now();
        this.#report(this.#see(call, stackAbove(this.#time), { ms, isOver: true, isSure: true }));
      }
    }
  }

  #see(call: BlockingCall | undefined, stack: string[], how: Pick<Sighting, 'ms' | 'isOver' | 'isSure'>): Sighting {
    const sighting = { ...ownerOfRunningCode(), stack, call: call?.name, advice: call?.advice, ...how };
    loopMonitor.see(sighting);
    return sighting;
  }
}
