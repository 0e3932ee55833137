import { tellAll } from '../../base/process/tell-all.ts';

export class Watchers {
  readonly #byId = new Map<string, Set<() => void>>();
  readonly #all = new Set<() => void>();

  get isEmpty(): boolean {
    return this.#byId.size === 0 && this.#all.size === 0;
  }

  get ids(): Iterable<string> {
    return this.#byId.keys();
  }

  add(id: string | undefined, listener: () => void): () => void {
    if (id === undefined) {
      this.#all.add(listener);
      return () => this.#all.delete(listener);
    }
    const listeners = this.#byId.get(id) ?? new Set();
    this.#byId.set(id, listeners.add(listener));
    return () => {
      if (listeners.delete(listener) && listeners.size === 0) this.#byId.delete(id);
    };
  }

  /** Tells those who watch this task, or all. */
  notify(id: string): void {
    if (this.isEmpty) return;
    tellAll(this.#byId.get(id) ?? []);
    tellAll(this.#all);
  }

  notifyAll(): void {
    for (const listeners of this.#byId.values()) tellAll(listeners);
    tellAll(this.#all);
  }
}
