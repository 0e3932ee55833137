import { ask } from './stream.ts';
import type { Thread } from './thread.ts';

interface Watcher {
  readonly listener: () => void;
  readonly interval: number;
}

/** Has a thread look for changes while somebody wants to know of them, as often as the most eager one asks. */
export class ChangeWatch {
  readonly #thread: Thread;
  readonly #watchers = new Set<Watcher>();

  constructor(thread: Thread) {
    this.#thread = thread;
  }

  add(listener: () => void, interval: number): Disposable {
    const watcher = { listener, interval };
    this.#watchers.add(watcher);
    this.renew();
    return {
      [Symbol.dispose]: () => {
        if (this.#watchers.delete(watcher)) this.renew();
      },
    };
  }

  /** Tells the thread again: it was opened, or replaced. */
  renew(): void {
    if (!this.#thread.isStarted) return;
    const interval = Math.min(...[...this.#watchers].map((watcher) => watcher.interval));
    ask(this.#thread, { kind: 'watch', interval: this.#watchers.size === 0 ? 0 : interval }).catch(() => {});
  }

  notify(): void {
    for (const { listener } of [...this.#watchers]) listener();
  }
}
