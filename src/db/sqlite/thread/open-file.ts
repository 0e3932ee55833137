import { type BigIntStats, statSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';

// Milliseconds between looks.
const pause = 1_000;
// SQLite's own code for it, which it has no use for over a write-ahead log.
const moved = 1032;
const options = { bigint: true, throwIfNoEntry: false } as const;

/** A database file that is open: SQLite goes on writing to it when its name is gone, and all of that is lost with the process. */
export class OpenFile {
  readonly path: string;
  readonly #identity: string | undefined;
  #lookedAt = performance.now();

  /** Remembers which file has this name now. */
  constructor(path: string) {
    this.path = resolve(path);
    this.#identity = identityOf(statSync(this.path, options));
  }

  /** Why what is written would be lost. */
  async problem(): Promise<string | undefined> {
    return this.#problemOf(await stat(this.path, { bigint: true }).catch(() => undefined));
  }

  /** Throws where what is written would be lost; looks once a second, and each time while that is so. */
  check(): void {
    if (performance.now() - this.#lookedAt < pause) return;
    const problem = this.#problemOf(statSync(this.path, options));
    if (problem !== undefined) throw Object.assign(new Error(problem), { errcode: moved });
    this.#lookedAt = performance.now();
  }

  #problemOf(stats: BigIntStats | undefined): string | undefined {
    const found = identityOf(stats);
    if (found === this.#identity) return undefined;
    return found === undefined
      ? 'its file was removed or renamed; put it back, or start again'
      : 'its file was replaced by another; start again to use that';
  }
}

function identityOf(stats: BigIntStats | undefined): string | undefined {
  return stats && `${stats.dev} ${stats.ino}`;
}
