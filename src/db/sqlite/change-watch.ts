import { tellAll } from '../../base/process/tell-all.ts';
import { ask } from './stream.ts';
import type { Thread } from './thread.ts';

interface Watcher {
  readonly listener: () => void;
  readonly interval: number;
}

export interface ChangeWatchOptions {
  readonly thread: Thread;
  /** Whether the database is open: the thread is started only while it is. */
  readonly isOpen: () => boolean;
}

/**
 * Has a thread look for changes while somebody wants to know of them, as often as the most eager one asks. A watcher is called first when
 * the looking has begun: what was changed before that, nobody saw.
 */
export class ChangeWatch {
  readonly #options: ChangeWatchOptions;
  readonly #watchers = new Set<Watcher>();

  constructor(options: ChangeWatchOptions) {
    this.#options = options;
  }

  add(listener: () => void, interval: number): Disposable {
    const watcher = { listener, interval };
    this.#watchers.add(watcher);
    this.#look([watcher]);
    return {
      [Symbol.dispose]: () => {
        if (this.#watchers.delete(watcher)) this.#look([]);
      },
    };
  }

  /** Begins to look: the database was opened. */
  begin(): void {
    this.#look([...this.#watchers]);
  }

  /** Begins to look again, some time after the thread that looked has died. */
  resume(): void {
    // At once, a file that cannot be opened any more would make one thread after the other.
    setTimeout(() => this.begin(), pauseAfterDeath).unref();
  }

  notify(watchers: readonly Watcher[] = [...this.#watchers]): void {
    for (const watcher of watchers) if (this.#watchers.has(watcher)) tellAll([watcher.listener]);
  }

  #look(newcomers: readonly Watcher[]): void {
    const { thread, isOpen } = this.#options;
    if (!isOpen() || (this.#watchers.size === 0 && !thread.isStarted)) return;
    const interval = Math.min(...[...this.#watchers].map((watcher) => watcher.interval));
    ask(thread, { kind: 'watch', interval: this.#watchers.size === 0 ? 0 : interval }).then(
      () => this.notify(newcomers),
      // The thread died, of which its owner hears too.
      () => {},
    );
  }
}

/** Milliseconds. */
const pauseAfterDeath = 1000;
