import { openAsBlob } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { HttpError } from '../request/http-error.ts';
import { makeFolder } from './spool-folders.ts';
import { type FilePart, type Tenure, UploadedFile } from './uploaded-file.ts';
import type { Uploads } from './uploads.ts';

/** The files of one request: in memory up to a limit, the rest on disk, until the request is over. */
export class Spool {
  readonly #uploads: Uploads;
  readonly #tenure: Tenure = { isOver: false };
  readonly #handles = new Set<FileHandle>();
  #folder: Promise<string> | undefined;
  #inMemory = 0;
  #onDisk = 0;
  #files = 0;
  #holders = 1;

  constructor(uploads: Uploads) {
    this.#uploads = uploads;
  }

  /** Begins a file. */
  begin(name: string, type: string): SpooledPart {
    return new SpooledPart(this, name, type);
  }

  /** Whether so many bytes more stay in memory. */
  remembers(bytes: number): boolean {
    if (this.#inMemory + bytes > this.#uploads.settings.memory) return false;
    this.#inMemory += bytes;
    return true;
  }

  forget(bytes: number): void {
    this.#inMemory -= bytes;
  }

  /** Counts bytes that are about to be written. */
  reserve(bytes: number): void {
    this.#uploads.reserve(bytes);
    this.#onDisk += bytes;
  }

  async open(): Promise<{ path: string; handle: FileHandle }> {
    this.#folder ??= makeFolder(this.#uploads.settings.folder);
    const path = join(await this.#folder, String(++this.#files));
    const handle = await open(path, 'wx', 0o600);
    this.#handles.add(handle);
    this.mustLast();
    return { path, handle };
  }

  async close(handle: FileHandle): Promise<void> {
    this.#handles.delete(handle);
    await handle.close();
  }

  file(parts: readonly FilePart[], name: string, type: string): UploadedFile {
    return new UploadedFile(parts, name, type, this.#tenure);
  }

  /** What still comes of a body whose request is over must not make new files. */
  mustLast(): void {
    if (this.#tenure.isOver) throw new HttpError(400, 'The body is not complete');
  }

  /** Keeps the files for one more who reads them. */
  hold(): void {
    this.#holders++;
  }

  /** Lets go of them. After the last one what is on disk is removed. */
  async release(): Promise<void> {
    if (--this.#holders > 0) return;
    this.#tenure.isOver = true;
    const folder = await this.#folder?.catch(() => undefined);
    await Promise.allSettled([...this.#handles].map((handle) => handle.close()));
    if (folder !== undefined) await this.#uploads.remove(folder);
    this.#uploads.release(this.#onDisk);
  }
}

/** A file that comes in. */
export class SpooledPart {
  readonly #spool: Spool;
  readonly #name: string;
  readonly #type: string;
  #chunks: Buffer[] = [];
  #size = 0;
  #disk: { readonly path: string; readonly handle: FileHandle } | undefined;

  constructor(spool: Spool, name: string, type: string) {
    this.#spool = spool;
    this.#name = name;
    this.#type = type;
  }

  /** Takes the next bytes; the promise, where there is one, has to be waited for before the bytes after them. */
  write(chunk: Buffer): Promise<void> | undefined {
    this.#spool.mustLast();
    if (this.#disk === undefined && this.#spool.remembers(chunk.length)) {
      this.#chunks.push(chunk);
      this.#size += chunk.length;
      return undefined;
    }
    return onDisk(() => this.#writeDown(chunk));
  }

  async end(): Promise<File> {
    const disk = this.#disk;
    if (disk === undefined) return this.#spool.file(this.#chunks, this.#name, this.#type);
    await onDisk(() => this.#spool.close(disk.handle));
    return this.#spool.file([await openAsBlob(disk.path)], this.#name, this.#type);
  }

  async #writeDown(chunk: Buffer): Promise<void> {
    if (this.#disk === undefined) {
      const kept = this.#chunks;
      const size = this.#size;
      this.#spool.reserve(size + chunk.length);
      this.#disk = await this.#spool.open();
      this.#chunks = [];
      for (const one of [...kept, chunk]) await this.#disk.handle.writeFile(one);
      this.#spool.forget(size);
    } else {
      this.#spool.reserve(chunk.length);
      await this.#disk.handle.writeFile(chunk);
    }
  }
}

const full: readonly unknown[] = ['ENOSPC', 'EDQUOT', 'EFBIG'];

// RFC 4918, 11.5.
async function onDisk(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (full.includes((error as NodeJS.ErrnoException).code))
      throw new HttpError(507, 'Insufficient Storage', { cause: error });
    throw error;
  }
}
