import { existsSync, type FSWatcher, watch } from 'node:fs';
import { basename, dirname, extname, join, sep } from 'node:path';
import { fileStamp, noFile } from './file-stamp.ts';

// Editors write a file in several steps.
const settle = 40;
const sources = ['.ts', '.js', '.mts', '.mjs', '.cts', '.cjs', '.json'] as const;

/** Watches files, by their folders: editors replace a file rather than write to it. */
export class Watcher {
  /** Takes a new file of a watched folder for a change too: the one that an import lacked, perhaps. */
  wantsNewFiles = false;
  readonly #onChange: (path: string) => void;
  readonly #stamps = new Map<string, string>();
  readonly #folders = new Map<string, FSWatcher>();
  #timer: NodeJS.Timeout | undefined;
  readonly #touched = new Set<string>();

  constructor(onChange: (path: string) => void) {
    this.#onChange = onChange;
  }

  /** @param loaded The stamp of the version that was loaded, where that may be older than this call. */
  add(path: string, loaded?: string): void {
    if (this.#stamps.has(path)) return;
    this.#stamps.set(path, loaded ?? fileStamp(path));
    this.#follow(path);
    if (loaded !== undefined) this.#touch(path);
  }

  #follow(path: string): void {
    let folder = dirname(path);
    // A folder that is still to come is seen by the one around it.
    while (!existsSync(folder)) folder = dirname(folder);
    if (this.#folders.has(folder)) return;
    const watcher = watch(folder, (_event, name) => this.#touch(join(folder, name ?? '')));
    // A folder that is gone is watched no more; its files are seen to have changed before.
    watcher.on('error', () => this.#folders.delete(folder));
    this.#folders.set(folder, watcher);
  }

  close(): void {
    clearTimeout(this.#timer);
    for (const watcher of this.#folders.values()) watcher.close();
  }

  #touch(path: string): void {
    this.#touched.add(path);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#look(), settle);
  }

  #look(): void {
    for (const path of this.#stamps.keys())
      if ([...this.#touched].some((touched) => path.startsWith(touched + sep))) {
        this.#follow(path);
        this.#touched.add(path);
      }
    const changed = [...this.#touched].filter((path) => this.#hasChanged(path));
    this.#touched.clear();
    if (changed[0] !== undefined) this.#onChange(changed[0]);
  }

  #hasChanged(path: string): boolean {
    const before = this.#stamps.get(path);
    const now = fileStamp(path);
    if (before === undefined) return this.wantsNewFiles && isSource(path) && now !== noFile;
    this.#stamps.set(path, now);
    return before !== now;
  }
}

function isSource(path: string): boolean {
  return !basename(path).startsWith('.') && (sources as readonly string[]).includes(extname(path));
}
