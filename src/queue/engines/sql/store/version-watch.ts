import type { SqlStore } from '../../../../db/store/sql-store.ts';
import { Watchers } from '../../../contract/watchers.ts';
import { versions } from './client-statements.ts';
import { ids } from './tables.ts';

const pollEvery = 100;

/** Tells watchers of changes: those of this process at once, those of others when the versions of watched rows have moved. */
export class VersionWatch extends Watchers {
  readonly #store: SqlStore;
  readonly #versions = new Map<string, number>();
  #looking: Promise<void> | undefined;
  #again = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(store: SqlStore) {
    super();
    this.#store = store;
  }

  /** Looks ten times a second while somebody watches: for databases that tell of new work, but not of every change. */
  poll(): void {
    this.#timer = setInterval(() => this.look(), pollEvery).unref();
  }

  close(): void {
    clearInterval(this.#timer);
    this.#versions.clear();
  }

  /** Others may have changed something. */
  look(): void {
    if (this.isEmpty) {
      this.#versions.clear();
      return;
    }
    if (this.#looking !== undefined) {
      this.#again = true;
      return;
    }
    this.#looking = this.#compare()
      // Watchers read again from time to time by themselves.
      .catch(() => {})
      .finally(() => {
        this.#looking = undefined;
        if (this.#again) {
          this.#again = false;
          this.look();
        }
      });
  }

  async #compare(): Promise<void> {
    const wanted = [...this.ids];
    const rows = await this.#store.run(versions, { rows: ids.json(wanted.map((id) => ({ id }))) });
    const watched = new Set(wanted);
    for (const id of this.#versions.keys()) if (!watched.has(id)) this.#versions.delete(id);
    for (const { id, version } of rows) {
      if (this.#versions.get(id) === version) continue;
      this.#versions.set(id, version);
      this.notify(id);
    }
  }
}
