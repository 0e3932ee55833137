import { constants } from 'node:fs';
import { access, statfs } from 'node:fs/promises';
import { OpenFile } from './thread/open-file.ts';

// Milliseconds for which a failure counts as going on, whatever can be seen.
const pause = 1_000;

/** Why a database file cannot be written: what its writer has met, and what can be seen from outside. */
export class Trouble {
  readonly #path: string;
  readonly #label: string;
  #file: OpenFile | undefined;
  #seen: string | undefined;
  #met: { readonly why: string; readonly at: number } | undefined;

  constructor(path: string, label: string) {
    this.#path = path;
    this.#label = label;
  }

  get now(): string | undefined {
    if (this.#seen !== undefined) return this.#seen;
    return this.#met !== undefined && performance.now() - this.#met.at < pause ? this.#met.why : undefined;
  }

  /** The file was opened. */
  begin(): void {
    this.#seen = undefined;
    this.#met = undefined;
    this.#file = this.#path === ':memory:' ? undefined : new OpenFile(this.#path);
  }

  /** The writer could not do what it was asked to. */
  note(why: string): void {
    this.#met = { why, at: performance.now() };
  }

  /** Looks whether it is still the same file and, where writing has failed, whether it could be written now. */
  async look(): Promise<void> {
    const file = this.#file;
    if (file === undefined) return;
    const gone = await file.problem();
    if (gone !== undefined) this.#seen = `The database ${this.#label} cannot be used: ${gone}`;
    else this.#seen = this.#met !== undefined && !(await isWritable(file.path)) ? this.#met.why : undefined;
  }
}

async function isWritable(path: string): Promise<boolean> {
  try {
    await access(path, constants.W_OK);
    return (await statfs(path)).bavail > 0;
  } catch {
    return false;
  }
}
