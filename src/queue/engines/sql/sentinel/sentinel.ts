import { Worker } from 'node:worker_threads';
import type { Logger } from '../../../../base/logger.ts';
import { entryFile } from '../../../../base/process/own-files.ts';
import { settledBy } from '../../../../concurrency/settled-by.ts';
import type { DatabaseLocation } from '../../../../db/engine/database-url.ts';
import type { SentinelOptions, SentinelOrder, SentinelReport } from './sentinel-protocol.ts';

export interface SentinelHost {
  readonly location: DatabaseLocation;
  readonly log: Logger;
  /** The database has changed: `work` waits, a running task is to be interrupted. */
  readonly onSeen: (seen: { readonly work: boolean; readonly interrupt: boolean }) => void;
}

const pulseEvery = 500;

/** A thread with a connection of its own: it shows life for workers whose loop is held up, and sees what other processes change. */
export class Sentinel {
  readonly #host: SentinelHost;
  readonly #pulse = new SharedArrayBuffer(4);
  #thread: Worker | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isClosing = false;
  #failures = 0;

  constructor(host: SentinelHost) {
    this.#host = host;
    const count = new Int32Array(this.#pulse);
    this.#timer = setInterval(() => Atomics.add(count, 0, 1), pulseEvery).unref();
    this.#spawn();
  }

  /** Shows life for a worker, for as long as this is repeated or the loop is held up. */
  keep(id: string, lease: number): void {
    const order: SentinelOrder = { id, lease };
    this.#thread?.postMessage(order);
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    clearInterval(this.#timer);
    const thread = this.#thread;
    if (thread === undefined) return;
    const ended = new Promise((resolve) => thread.once('exit', resolve));
    // Nothing else may be left that keeps the process until the thread has ended.
    thread.ref();
    thread.postMessage('close');
    if (!(await settledBy(ended, 2000))) await thread.terminate();
  }

  #spawn(): void {
    const lookEvery = this.#host.location.kind === 'sqlite' ? 5 : 200;
    const options: SentinelOptions = { location: this.#host.location, pulse: this.#pulse, pulseEvery, lookEvery };
    // Nothing is inherited: a loader, a condition or a debugger of the app has no business here.
    const thread = new Worker(entryFile('queue/engines/sql/sentinel/sentinel-thread'), {
      workerData: options,
      execArgv: [],
      name: 'cortado-queue',
    });
    this.#thread = thread;
    thread.unref();
    thread.on('message', (report: SentinelReport) => this.#hear(report));
    thread.on('error', (error) => this.#host.log.error({ err: error }, 'the thread that watches the queue died'));
    thread.once('exit', () => {
      this.#thread = undefined;
      if (!this.#isClosing) setTimeout(() => !this.#isClosing && this.#spawn(), 1000).unref();
    });
  }

  #hear(report: SentinelReport): void {
    if (report.kind === 'seen') {
      this.#failures = 0;
      this.#host.onSeen(report);
    } else if (report.kind === 'blocked') {
      const { seconds } = report;
      this.#host.log.warn(
        { seconds },
        `the loop was held up for ${seconds} s while tasks ran; CPU work belongs into threads()`,
      );
    } else if (this.#failures++ % 1000 === 0)
      this.#host.log.error({ err: new Error(report.message) }, 'the queue cannot be watched; trying again');
  }
}
