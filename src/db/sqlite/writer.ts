import type { QueryResult } from 'kysely';
import { watch } from '../engine/late-signals.ts';
import { afterMicrotasks } from './after-microtasks.ts';
import type { ThreadOperation } from './thread/protocol.ts';
import type { Asked, Thread } from './thread.ts';

/** Sends operations to the thread that writes, in their order; those of one turn of the loop go in one message. */
export class Writer {
  readonly thread: Thread;
  #batch: Asked[] = [];

  constructor(thread: Thread) {
    this.thread = thread;
  }

  perform(operation: ThreadOperation, signal?: () => AbortSignal | undefined): Promise<QueryResult<unknown>> {
    return new Promise((resolve, reject) => {
      this.#batch.push({ operation, resolve, reject, wait: signal && watch(signal, reject) });
      if (this.#batch.length === 1) afterMicrotasks(() => this.#flush());
    });
  }

  #flush(): void {
    const batch = this.#batch;
    this.#batch = [];
    this.thread.send(batch);
  }
}
