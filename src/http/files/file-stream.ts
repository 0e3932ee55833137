import type { FileHandle } from 'node:fs/promises';
import { Readable } from 'node:stream';
import type { ByteRange } from './byte-ranges.ts';

/** Bytes that stand between parts of a file, or a part of it. */
export type StreamPart = Buffer | ByteRange;

// Bytes that are read at once.
const chunkSize = 128 * 1024;

/** The bytes of an open file, which is closed with the stream: at its end, at an error, and where nobody reads it. */
export class FileStream extends Readable {
  readonly #handle: FileHandle;
  readonly #parts: readonly StreamPart[];
  #at = 0;
  /** Bytes of the current part that have been read. */
  #done = 0;

  constructor(handle: FileHandle, parts: readonly StreamPart[]) {
    super({ highWaterMark: chunkSize });
    this.#handle = handle;
    this.#parts = parts;
  }

  override _read(): void {
    const part = this.#parts[this.#at];
    if (part === undefined) this.push(null);
    else if ('start' in part) void this.#readPart(part);
    else {
      this.#at++;
      this.push(part);
    }
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    // It waits for a read that is on its way.
    this.#handle.close().then(
      () => done(error),
      (failure: Error) => done(error ?? failure),
    );
  }

  async #readPart({ start, end }: ByteRange): Promise<void> {
    const left = end - start + 1 - this.#done;
    const buffer = Buffer.allocUnsafe(Math.min(chunkSize, left));
    try {
      const { bytesRead } = await this.#handle.read(buffer, 0, buffer.length, start + this.#done);
      if (bytesRead === 0) throw cutShort();
      this.#done += bytesRead;
      if (bytesRead === left) {
        this.#at++;
        this.#done = 0;
      }
      this.push(buffer.subarray(0, bytesRead));
    } catch (error) {
      this.destroy(error as Error);
    }
  }
}

/** Reads a part of a file at once. */
export async function readPart(handle: FileHandle, { start, end }: ByteRange): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(end - start + 1);
  for (let done = 0; done < buffer.length; ) {
    const { bytesRead } = await handle.read(buffer, done, buffer.length - done, start + done);
    if (bytesRead === 0) throw cutShort();
    done += bytesRead;
  }
  return buffer;
}

function cutShort(): Error {
  return new Error('the file has become shorter while it was sent');
}
