import type { FastifyReply } from 'fastify';
import { type Abortable, Ending } from '../../concurrency/ending.ts';
import { RequestAborted } from './request-aborted.ts';
import type { Signals } from './signals.ts';

// Milliseconds in which what an answer has still to say must have left.
const lastWords = 1000;

/** The end of a request: it fires when its client leaves. */
export class RequestEnding extends Ending {
  readonly #raw: FastifyReply['raw'];
  readonly #signals: Signals;
  #stop: Abortable | undefined;

  constructor(raw: FastifyReply['raw'], signals: Signals) {
    super();
    this.#raw = raw;
    this.#signals = signals;
  }

  /** Has it fire as soon as a stop begins, and the answer end with it. */
  heedStop(): void {
    if (this.#raw.closed || this.#stop !== undefined) return;
    this.#stop = {
      abort: (reason) => {
        this.abort(reason);
        // What its client does not read never leaves.
        setTimeout(() => this.#raw.closed || this.#raw.destroy(), lastWords).unref();
      },
    };
    this.#signals.addStop(this.#stop);
  }

  onClose(): void {
    this.#signals.delete(this);
    if (this.#stop !== undefined) this.#signals.delete(this.#stop);
    if (!this.#raw.writableEnded) this.abort(new RequestAborted('client-gone'));
  }
}
