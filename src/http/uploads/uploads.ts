import { mkdir, rm } from 'node:fs/promises';
import { CortadoError } from '../../base/error.ts';
import type { Logger } from '../../base/logger.ts';
import { overloaded } from '../../base/overloaded.ts';
import type { ComponentParts, Gauge } from '../../inject/component.ts';
import { type UploadOptions, uploadSettings } from './upload-options.ts';

/** The uploaded files of an app: their limits, and what all of them take on disk. */
export class Uploads implements ComponentParts {
  readonly name = 'uploads';
  readonly settings: Required<UploadOptions>;
  readonly #log: Logger;
  #isUsed = false;
  #onDisk = 0;

  constructor(options: UploadOptions, log: Logger) {
    this.settings = uploadSettings(options);
    this.#log = log;
  }

  /** Called where a route takes a form: other apps leave the disk alone. */
  use(): this {
    this.#isUsed = true;
    return this;
  }

  async start(): Promise<void> {
    if (!this.#isUsed) return;
    await mkdir(this.settings.folder, { recursive: true });
    const { sweepFolders } = await import('./spool-folders.ts');
    await sweepFolders(this.settings.folder);
  }

  reserve(bytes: number): void {
    const { total } = this.settings;
    if (this.#onDisk + bytes > total)
      throw new CortadoError(
        'CORTADO_UPLOADS_FULL',
        `The uploads of all open requests take ${total} bytes on disk, the limit`,
        overloaded,
      );
    this.#onDisk += bytes;
  }

  release(bytes: number): void {
    this.#onDisk -= bytes;
  }

  // What cannot be removed is swept at a later start.
  async remove(folder: string): Promise<void> {
    try {
      await rm(folder, { recursive: true, force: true });
    } catch (err) {
      this.#log.warn({ err, folder }, 'uploaded files could not be removed');
    }
  }

  gauges(): Gauge[] {
    if (!this.#isUsed) return [];
    const help = 'Bytes that uploaded files of open requests take on disk.';
    return [{ name: 'cortado_uploads_bytes', help, value: this.#onDisk, across: 'sum' }];
  }
}
